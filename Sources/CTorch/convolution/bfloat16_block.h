// A block of a product by vectors: for processors without tiles.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::bfloat16 {
namespace {

using convolution::Floats, convolution::lanes;

// `Pairs::add` adds the two products of each pair of halves, which lie in the place of a float, to a vector of sums.
template <class Pairs> struct VectorBlock {
  struct Session {};

  // sums[32 rows × pitch] += left[32 rows × left_pitch] × right, `depths` × 32 products.
  static void multiply(float *sums, int64_t pitch, const Half *left, int64_t left_pitch, const Half *right, int64_t depths) {
    constexpr int64_t vectors = tile / lanes, at_once = 16 / vectors; // rows, and 16 sums in registers
    for (int64_t column = 0; column < edge; column += tile, sums += tile, right += panel / 2)
      for (int64_t row = 0; row < edge; row += at_once) {
        Floats sum[at_once][vectors];
        CTORCH_UNROLL for (int64_t i = 0; i < at_once; i++) {
          CTORCH_UNROLL for (int64_t v = 0; v < vectors; v++) sum[i][v] = convolution::load(sums + (row + i) * pitch + v * lanes);
        }
        for (int64_t k = 0; k < depths * edge; k += 2) {
          const auto *factors = reinterpret_cast<const float *>(right + k / edge * panel + k % edge * tile);
          CTORCH_UNROLL for (int64_t i = 0; i < at_once; i++) {
            float pair;
            std::memcpy(&pair, left + (row + i) * left_pitch + k, sizeof pair);
            CTORCH_UNROLL for (int64_t v = 0; v < vectors; v++) {
              sum[i][v] = Pairs::add(pair, convolution::load(factors + v * lanes), sum[i][v]);
            }
          }
        }
        CTORCH_UNROLL for (int64_t i = 0; i < at_once; i++) {
          CTORCH_UNROLL for (int64_t v = 0; v < vectors; v++) convolution::store(sums + (row + i) * pitch + v * lanes, sum[i][v]);
        }
      }
  }
};

} // namespace
} // namespace ctorch::bfloat16
