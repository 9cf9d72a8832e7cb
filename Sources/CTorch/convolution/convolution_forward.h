// The kernels of convolution.h, forward, without tiles.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::convolution {
namespace {

// The output channels of a block of the forward pass, in vectors.
inline int64_t block_begin(const Plan &l, int64_t block) { return l.vectors * block / l.forward_blocks; }

// What the forward pass multiplies: floats, or pairs of halves in their place (bfloat16_avx512.cpp).
struct Singles {
  static Floats add(Floats value, Floats factor, Floats sum) { return times_plus(value, factor, sum); }
};

// Pools and activates the cells of a tile whose sums are in registers.
template <int size, int count>
void finish_tile(const Problem &p, const Floats (&sum)[tile_positions][count], int64_t cells, float *out, uint8_t *positions,
                 int64_t outputs) {
  CTORCH_UNROLL for (int c = 0; c < tile_positions / size; c++) {
    if (c < cells) {
      CTORCH_UNROLL for (int v = 0; v < count; v++) {
        Floats values[size];
        CTORCH_UNROLL for (int q = 0; q < size; q++) values[q] = sum[c * size + q][v];
        const int64_t at = c * p.outputs + v * lanes;
        finish<size>(p, values, out + at, positions ? positions + at : nullptr, outputs - v * lanes);
      }
    }
  }
}

// A tile is `tile_positions` positions × `count` vectors of output channels, in registers. Weights are taken in panels that
// stay in the first-level cache while all tiles of the group pass; between panels, and until its cells are whole, a tile waits
// in `waiting`.
template <class Factors, int count>
void forward_block(const Problem &p, const Plan &l, const Forward &a, const float *input, int64_t first_image, int64_t images,
                   int64_t block, const int32_t *start, float *waiting) {
  constexpr int64_t width = count * lanes, panel = 12 * 1024 / (width * int64_t(sizeof(float)));
  constexpr int64_t short_run = 16; // the taps of shorter ones are listed: their loops would cost as much as what is in them
  const int64_t first_vector = block_begin(l, block), run = p.run(), row_step = p.width * p.channels;
  const float *weight = a.weight + first_vector * lanes * p.taps();
  const int64_t positions = images * p.positions(), per_cell = p.pool * p.pool;
  const int64_t rows = run > panel ? 1 : std::min(p.kernel, panel / run), length = std::min(run, panel);
  const int64_t first_output = first_image * p.cells() * p.outputs + first_vector * lanes, outputs = p.outputs - first_vector * lanes;
  float *const out = a.output + first_output;
  uint8_t *const maxima = a.positions ? a.positions + first_output : nullptr;
  const bool listed = run < short_run;
  int64_t cell = 0, listed_taps[panel];
  Floats bias[count];
  CTORCH_UNROLL for (int v = 0; v < count; v++) bias[v] = load(a.bias + (first_vector + v) * lanes);
  for (int64_t row = 0; row < p.kernel; row += rows)
    for (int64_t from = 0; from < run; from += length) {
      const bool first = row == 0 && from == 0, last = row + rows >= p.kernel && from + length >= run;
      const int64_t end = std::min(row + rows, p.kernel), some = std::min(length, run - from);
      if (listed)
        for (int64_t i = 0; i < (end - row) * run; i++) listed_taps[i] = i / run * row_step + i % run;
      for (int64_t tile = 0; tile < positions; tile += tile_positions) {
        Floats sum[tile_positions][count];
        float *held_back = waiting + tile * width;
        if (first) {
          CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) { CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = bias[v]; }
        } else {
          CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) {
            CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = load(held_back + i * width + v * lanes);
          }
        }
        const float *x[tile_positions];
        CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) x[i] = input + start[tile + i] + row * row_step + from;
        const float *w = weight + (row * run + from) * width;
        auto add = [&](int64_t tap) __attribute__((always_inline)) {
          Floats factor[count];
          CTORCH_UNROLL for (int v = 0; v < count; v++) factor[v] = load(w + v * lanes);
          w += width;
          CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) {
            const Floats value = x[i][tap];
            CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = Factors::add(value, factor[v], sum[i][v]);
          }
        };
        if (listed) {
          for (int64_t i = 0; i < (end - row) * run; i++) add(listed_taps[i]);
        } else {
          for (int64_t r = row; r < end; r++, w += (run - some) * width) {
            for (int64_t j = 0; j < some; j++) add(j);
            CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) x[i] += row_step;
          }
        }
        const int64_t there = std::min(tile_positions, positions - tile);
        if (last && per_cell == 1) {
          finish_tile<1>(p, sum, there, out + tile * p.outputs, maxima ? maxima + tile * p.outputs : nullptr, outputs);
          continue;
        }
        if constexpr (tile_positions % 4 == 0)
          if (last) {
            const int64_t at = tile / 4 * p.outputs;
            finish_tile<4>(p, sum, there / 4, out + at, maxima ? maxima + at : nullptr, outputs);
            continue;
          }
        CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) {
          CTORCH_UNROLL for (int v = 0; v < count; v++) store(held_back + i * width + v * lanes, sum[i][v]);
        }
        if (!last) continue;
        for (; (cell + 1) * per_cell <= tile + there; cell++)
          for (int v = 0; v < count; v++) {
            const int64_t at = cell * p.outputs + v * lanes;
            finish(p, waiting + cell * per_cell * width + v * lanes, width, out + at, maxima ? maxima + at : nullptr, outputs - v * lanes);
          }
      }
    }
}

template <class Factors> void forward(const Problem &p, const Plan &l, const Forward &a, int64_t group) {
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image);
  const int64_t positions = images * p.positions(), padded = whole(positions, tile_positions) * tile_positions;
  float *waiting = scratch(padded * (1 + tile_vectors * lanes) + (a.rounds ? images * p.image() : 0));
  auto *start = reinterpret_cast<int32_t *>(waiting + padded * tile_vectors * lanes), *next = start;
  const int64_t per_cell = p.pool * p.pool, cell_step = p.pool * p.stride * p.channels;
  int32_t within[4]; // a cell
  for (int64_t q = 0; q < per_cell; q++) within[q] = int32_t(input_offset(p, 0, 0, q));
  for (int64_t n = 0; n < images; n++)
    for (int64_t row = 0; row < p.rows; row++) {
      auto first = int32_t(n * p.image() + input_offset(p, row, 0, 0));
      for (int64_t column = 0; column < p.columns; column++, first += int32_t(cell_step))
        for (int64_t q = 0; q < per_cell; q++) *next++ = first + within[q];
    }
  for (; next < start + padded; next++) *next = next[-1]; // computed, and left out in the end
  const float *input = a.input + first_image * p.image();
  if (a.rounds) {
    float *copy = waiting + padded * (1 + tile_vectors * lanes);
    round_all(input, images * p.image(), copy);
    input = copy;
  }
  for (int64_t block = 0; block < l.forward_blocks; block++) {
    const bool single = block_begin(l, block + 1) - block_begin(l, block) == 1;
    (single ? forward_block<Factors, 1> : forward_block<Factors, tile_vectors>)(p, l, a, input, first_image, images, block, start, waiting);
  }
}

} // namespace
} // namespace ctorch::convolution
