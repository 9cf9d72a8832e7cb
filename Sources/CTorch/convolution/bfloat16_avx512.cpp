// The kernels of bfloat16.h by AVX-512's products of pairs.
#if defined(__x86_64__)
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_avx512.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#include "bfloat16_block.h"
#include "bfloat16_kernel.h"

namespace ctorch::bfloat16 {
namespace {
struct Pairs {
  static convolution::Floats add(convolution::Floats sum, uint32_t left, const Half *right) {
    const auto pairs = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right)),
               both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(int(left)));
    return reinterpret_cast<convolution::Floats>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), both, pairs));
  }
};
} // namespace

const Kernels avx512 = all<VectorBlock<Pairs>>;
} // namespace ctorch::bfloat16
#pragma clang attribute pop
#endif
