// The kernels of bfloat16.h by AVX-512's products of pairs.
#if defined(__x86_64__)
// Before the region, so that nothing that other files share is compiled for these instructions.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

#include "bfloat16.h"
#include "scratch.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
namespace ctorch::convolution {
namespace {
constexpr int64_t lanes = 16;
constexpr bool multiply_add = true;
} // namespace
} // namespace ctorch::convolution

#include "convolution_vectors.h"

namespace ctorch::bfloat16 {
namespace {
inline convolution::Floats add_pairs(convolution::Floats sum, uint32_t left, const Half *right) {
  const auto pairs = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right)), both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(int(left)));
  return reinterpret_cast<convolution::Floats>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), both, pairs));
}
} // namespace
} // namespace ctorch::bfloat16

#include "bfloat16_block.h"
// In this order.
#include "bfloat16_kernel.h"

namespace ctorch::bfloat16 {
const Kernels avx512 = {forward, input_gradient, weight_gradient};
} // namespace ctorch::bfloat16
#pragma clang attribute pop
#endif
