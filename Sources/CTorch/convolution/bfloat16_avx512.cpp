// The forward pass of convolution.h in bfloat16 by AVX-512's products of pairs: two channels beside each other, as halves, take the place
// of one float.
#if defined(__x86_64__)
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_avx512.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#include "convolution_forward.h"

namespace ctorch::convolution {
namespace {
struct Pairs {
  static Floats add(Floats value, Floats factor, Floats sum) {
    return Floats(_mm512_dpbf16_ps(__m512(sum), reinterpret_cast<__m512bh>(value), reinterpret_cast<__m512bh>(factor)));
  }
};
} // namespace

const ForwardKernel pairs_avx512 = forward<Pairs>;
} // namespace ctorch::convolution
#pragma clang attribute pop
#endif
