// The kernels of convolution.h, forward, and the plan of all that do without tiles.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::convolution {
namespace {

Plan make_plan(const Problem &p) {
  Plan l{};
  l.lanes = lanes;
  l.vectors = whole(p.outputs, lanes);
  l.forward_blocks = whole(l.vectors, tile_vectors);
  l.group = std::clamp<int64_t>(whole(32, p.cells()), 1, p.images);
  l.groups = whole(p.images, l.group);
  // Patches where rows of the kernel would waste more than a fifth of the lanes.
  l.patches = 5 * p.run() < 4 * whole(p.run(), lanes) * lanes;
  l.segments = l.patches ? 1 : p.kernel;
  l.length = whole(l.patches ? p.taps() : p.run(), lanes) * lanes;
  l.chunks = whole(l.length / lanes, Processor::held);
  l.pieces = l.segments * l.chunks;
  l.pitch = whole(l.length / lanes, l.chunks) * lanes;
  l.dense = p.pool == 1 && 5 * p.outputs >= 4 * l.vectors * lanes;
  l.batches = l.dense ? std::min<int64_t>(p.images, 24) : l.pieces >= 24 ? 1 : std::min(p.images, whole(24, l.pieces));
  l.block_rows = whole(16, p.columns);
  l.block_cells = l.block_rows * p.columns;
  l.needs_slack = l.patches || p.run() % lanes != 0;
  return l;
}

// The output channels of a block of the forward pass, in vectors.
inline int64_t block_begin(const Plan &l, int64_t block) { return l.vectors * block / l.forward_blocks; }

// Packs the weight to [block][row][column][channel][the block's output channels], zeros behind the last.
void pack_forward(const Problem &p, const Plan &l, const float *weight, Strides s, float *to, int64_t block) {
  const int64_t first = block_begin(l, block) * lanes, width = block_begin(l, block + 1) * lanes - first;
  to += first * p.taps();
  for (int64_t o = 0; o < width; o++) {
    const bool real = first + o < p.outputs;
    float *next = to + o;
    for (int64_t row = 0; row < p.kernel; row++)
      for (int64_t column = 0; column < p.kernel; column++) {
        const float *from = weight + (first + o) * s.output + row * s.row + column * s.column;
        for (int64_t c = 0; c < p.channels; c++, next += width) *next = real ? from[c * s.channel] : 0;
      }
  }
}

// A tile is `tile_positions` positions × `count` vectors of output channels, in registers. Weights are taken in panels that
// stay in the first-level cache while all tiles of the group pass; between panels, and until its cells are whole, a tile waits
// in `waiting`.
template <int count>
void forward_block(const Problem &p, const Plan &l, const Forward &a, int64_t first_image, int64_t images, int64_t block,
                   const int32_t *start, float *waiting) {
  constexpr int64_t width = count * lanes, panel = 12 * 1024 / (width * int64_t(sizeof(float)));
  const int64_t first_vector = block_begin(l, block), run = p.run(), row_step = p.width * p.channels;
  const float *weight = a.weight + first_vector * lanes * p.taps(), *input = a.input + first_image * p.image();
  const int64_t positions = images * p.positions(), per_cell = p.pool * p.pool;
  const int64_t rows = run > panel ? 1 : std::min(p.kernel, panel / run), length = std::min(run, panel);
  int64_t cell = 0;
  Floats bias[count];
  CTORCH_UNROLL for (int v = 0; v < count; v++) bias[v] = load(a.bias + (first_vector + v) * lanes);
  for (int64_t row = 0; row < p.kernel; row += rows)
    for (int64_t from = 0; from < run; from += length) {
      const bool first = row == 0 && from == 0, last = row + rows >= p.kernel && from + length >= run;
      const int64_t end = std::min(row + rows, p.kernel), some = std::min(length, run - from);
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
        for (int64_t r = row; r < end; r++, w += run * width) {
          for (int64_t j = 0; j < some; j++) {
            Floats factor[count];
            CTORCH_UNROLL for (int v = 0; v < count; v++) factor[v] = load(w + j * width + v * lanes);
            CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) {
              const Floats value = x[i][j];
              CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = times_plus(value, factor[v], sum[i][v]);
            }
          }
          CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) x[i] += row_step;
        }
        CTORCH_UNROLL for (int i = 0; i < tile_positions; i++) {
          CTORCH_UNROLL for (int v = 0; v < count; v++) store(held_back + i * width + v * lanes, sum[i][v]);
        }
        if (!last) continue;
        for (; (cell + 1) * per_cell <= std::min(tile + tile_positions, positions); cell++)
          for (int v = 0; v < count; v++) {
            const int64_t channel = (first_vector + v) * lanes, at = (first_image * p.cells() + cell) * p.outputs + channel;
            finish(p, waiting + cell * per_cell * width + v * lanes, width, a.output + at, a.positions ? a.positions + at : nullptr,
                   p.outputs - channel);
          }
      }
    }
}

void forward(const Problem &p, const Plan &l, const Forward &a, int64_t group) {
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image);
  const int64_t positions = images * p.positions(), padded = whole(positions, tile_positions) * tile_positions;
  float *waiting = scratch(padded * (1 + tile_vectors * lanes));
  auto *start = reinterpret_cast<int32_t *>(waiting + padded * tile_vectors * lanes), *next = start;
  for (int64_t n = 0; n < images; n++)
    for (int64_t row = 0; row < p.rows; row++)
      for (int64_t column = 0; column < p.columns; column++)
        for (int64_t q = 0; q < p.pool * p.pool; q++) *next++ = int32_t(n * p.image() + input_offset(p, row, column, q));
  for (; next < start + padded; next++) *next = next[-1]; // computed, and left out in the end
  for (int64_t block = 0; block < l.forward_blocks; block++) {
    const bool single = block_begin(l, block + 1) - block_begin(l, block) == 1;
    (single ? forward_block<1> : forward_block<tile_vectors>)(p, l, a, first_image, images, block, start, waiting);
  }
}

} // namespace
} // namespace ctorch::convolution
