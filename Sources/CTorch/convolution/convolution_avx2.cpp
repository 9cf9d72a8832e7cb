// The kernels of convolution.h for AVX2 and FMA.
#if defined(__x86_64__)
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_avx2.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "convolution_kernels.h"

namespace ctorch::convolution {
const Kernels avx2 = all;
} // namespace ctorch::convolution
#pragma clang attribute pop
#endif
