// libtorch's CUDA part, which is loaded when a device is asked for.
#pragma once

#include "zoo_engine.h"

namespace ctorch {

// The path of the libtorch_cpu.so in use; "" if the dynamic linker does not tell.
const char *library_path();

zoo_status enable_cuda(int32_t *devices);
const char *cuda_libraries();

// CUDA devices in reach; 0 before CUDA has been enabled.
int32_t enabled_cuda_devices();

} // namespace ctorch
