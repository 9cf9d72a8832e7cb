// The weight's layouts: what packs it for the kernels and unpacks its gradient, by vectors.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::convolution {
namespace {

// One step of a transposition: what lies beside the diagonal of each square of 2×half is exchanged between its two rows.
template <int64_t half, size_t... j> inline void exchange(Floats &a, Floats &b, std::index_sequence<j...>) {
  const Floats upper = __builtin_shufflevector(a, b, (int64_t(j) & half ? int64_t(j) - half + lanes : int64_t(j))...);
  b = __builtin_shufflevector(a, b, (int64_t(j) & half ? int64_t(j) + lanes : int64_t(j) + half)...);
  a = upper;
}

template <int64_t half = lanes / 2> inline void transpose(Floats (&rows)[lanes]) {
  CTORCH_UNROLL for (int64_t i = 0; i < lanes; i++) {
    if (!(i & half)) exchange<half>(rows[i], rows[i + half], std::make_index_sequence<size_t(lanes)>());
  }
  if constexpr (half > 1) transpose<half / 2>(rows);
}

// to[column × to_step + row] = from[row × from_step + column]
inline void transpose(const float *from, int64_t from_step, int64_t rows, int64_t columns, float *to, int64_t to_step) {
  const int64_t whole_rows = rows / lanes * lanes, whole_columns = columns / lanes * lanes;
  for (int64_t row = 0; row < whole_rows; row += lanes)
    for (int64_t column = 0; column < whole_columns; column += lanes) {
      Floats square[lanes];
      CTORCH_UNROLL for (int64_t i = 0; i < lanes; i++) square[i] = load(from + (row + i) * from_step + column);
      transpose(square);
      CTORCH_UNROLL for (int64_t i = 0; i < lanes; i++) store(to + (column + i) * to_step + row, square[i]);
    }
  for (int64_t row = 0; row < rows; row++)
    for (int64_t column = row < whole_rows ? whole_columns : 0; column < columns; column++)
      to[column * to_step + row] = from[row * from_step + column];
}

// The kernels of `width` outputs from `first` on, as [row][column][channel][output], zeros behind the last.
inline void order_outputs(const Problem &p, const float *weight, Strides s, int64_t first, int64_t width, float *to) {
  const int64_t real = std::min(width, p.outputs - first), square = p.kernel * p.kernel;
  weight += first * s.output;
  if (real < width)
    for (int64_t tap = 0; tap < p.taps(); tap++) std::fill(to + tap * width + real, to + (tap + 1) * width, 0.0f);
  if (square > 1 && s.column == 1 && s.row == p.kernel) {
    for (int64_t c = 0; c < p.channels; c++) transpose(weight + c * s.channel, s.output, real, square, to + c * width, p.channels * width);
    return;
  }
  for (int64_t i = 0; i < square; i++, to += p.channels * width) {
    const float *from = weight + i / p.kernel * s.row + i % p.kernel * s.column;
    if (s.channel == 1)
      transpose(from, s.output, real, p.channels, to, width);
    else
      for (int64_t c = 0; c < p.channels; c++)
        for (int64_t o = 0; o < real; o++) to[c * width + o] = from[c * s.channel + o * s.output];
  }
}

// The same, rounded to bfloat16 if wanted, while they are in a cache.
inline void order_weight(const Problem &p, const float *weight, Strides s, bool rounds, int64_t first, int64_t width, float *to) {
  order_outputs(p, weight, s, first, width, to);
  if (rounds) round_all(to, p.taps() * width, to);
}

// The other way round, of a gradient as [row][column][channel][output], `step` floats between channels: the outputs that lie in it, in the
// weight's layout. `part` of as many as there are channels: rows of the kernel for one of them, or as many rows of all.
inline void reorder_gradient(const Problem &p, const float *ordered, int64_t step, int64_t outputs, Layout layout, int64_t part,
                             float *weight) {
  const int64_t square = p.kernel * p.kernel;
  if (layout == Layout::channels_last)
    transpose(ordered + part * square * step, step, square, outputs, weight + part * square, p.taps());
  else
    transpose(ordered + part * step, p.channels * step, square, outputs, weight + part * square, p.taps());
}

// One output's kernel as [row][column][channel].
inline void order_kernel(const Problem &p, const float *weight, Strides s, float *to) {
  if (s.column == 1 && s.row == p.kernel) return transpose(weight, s.channel, p.channels, p.kernel * p.kernel, to, p.channels);
  for (int64_t row = 0; row < p.kernel; row++)
    for (int64_t column = 0; column < p.kernel; column++, to += p.channels) {
      const float *from = weight + row * s.row + column * s.column;
      if (s.channel == 1)
        std::copy_n(from, p.channels, to);
      else
        for (int64_t c = 0; c < p.channels; c++) to[c] = from[c * s.channel];
    }
}

} // namespace
} // namespace ctorch::convolution
