// Small products of matrices, whose sums stay in registers.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::convolution {
namespace {

// One matrix product: to[i × to_row + …] = or += Σ over k of left[i × row + k × step] × right[k × right_row + …]
struct Product {
  const float *left, *right;
  float *to;
  int64_t row, step, right_row, to_row, depth;
  bool add;
};

template <int count, int rows> void multiply(const Product &m) {
  Floats sum[rows][count];
  CTORCH_UNROLL for (int i = 0; i < rows; i++) {
    CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = m.add ? load(m.to + i * m.to_row + v * lanes) : Floats(0);
  }
  const float *x[rows], *w = m.right;
  CTORCH_UNROLL for (int i = 0; i < rows; i++) x[i] = m.left + i * m.row;
  for (int64_t k = 0, at = 0; k < m.depth; k++, at += m.step, w += m.right_row) {
    Floats factor[count];
    CTORCH_UNROLL for (int v = 0; v < count; v++) factor[v] = load(w + v * lanes);
    CTORCH_UNROLL for (int i = 0; i < rows; i++) {
      const Floats value = x[i][at];
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = times_plus(value, factor[v], sum[i][v]);
    }
  }
  CTORCH_UNROLL for (int i = 0; i < rows; i++) {
    CTORCH_UNROLL for (int v = 0; v < count; v++) store(m.to + i * m.to_row + v * lanes, sum[i][v]);
  }
}

// The number of rows that the registers hold.
template <int count> constexpr int most_rows = int(tile_positions *tile_vectors / count);

template <int count, size_t... i> constexpr std::array<void (*)(const Product &), sizeof...(i)> all_rows(std::index_sequence<i...>) {
  return {multiply<count, int(i) + 1>...};
}

template <int count> void multiply_rows(Product m, int64_t rows) {
  static constexpr auto products = all_rows<count>(std::make_index_sequence<most_rows<count>>());
  const int64_t steps = whole(rows, most_rows<count>), left = m.row, to = m.to_row;
  for (int64_t i = 0; i < steps; i++) {
    const int64_t some = rows * (i + 1) / steps - rows * i / steps;
    products[size_t(some - 1)](m);
    m.left += some * left;
    m.to += some * to;
  }
}

inline void multiply_all(const Product &m, int64_t rows, int64_t width) {
  (width == lanes ? multiply_rows<1> : multiply_rows<tile_vectors>)(m, rows);
}

} // namespace
} // namespace ctorch::convolution
