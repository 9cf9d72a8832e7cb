// The kernels of convolution.h for AVX-512.
#if defined(__x86_64__)
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_avx512.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "convolution_kernels.h"

namespace ctorch::convolution {
const Kernels avx512 = all;
} // namespace ctorch::convolution
#pragma clang attribute pop
#endif
