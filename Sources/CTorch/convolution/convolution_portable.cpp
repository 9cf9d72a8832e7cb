// The kernels of convolution.h for any processor.
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_portable.h"
#include "convolution_kernels.h"

namespace ctorch::convolution {
const Kernels portable = all;
} // namespace ctorch::convolution
