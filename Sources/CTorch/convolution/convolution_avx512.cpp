// The kernels of convolution.h for AVX-512: 32 registers of sixteen floats.
#if defined(__x86_64__)
// Before the region, so that nothing that other files share is compiled for these instructions.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
namespace ctorch::convolution {
namespace {
constexpr int64_t lanes = 16;          // floats in a vector
constexpr int64_t held = 28;           // vectors of sums in registers, backward
constexpr int64_t tile_positions = 12; // in registers, forward
constexpr int64_t tile_vectors = 2;    // of output channels, for each of them
constexpr bool multiply_add = true;
} // namespace
} // namespace ctorch::convolution

#include "convolution_kernel.h"
// In this order.
#include "convolution_gradient.h"
#include "convolution_tiles.h"

namespace ctorch::convolution {
const Kernels avx512 = all;
} // namespace ctorch::convolution
#pragma clang attribute pop
#endif
