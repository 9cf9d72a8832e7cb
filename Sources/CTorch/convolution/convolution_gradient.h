// The kernels of convolution.h, backward. Only the position of each maximum carries
// gradient, so every gradient is a sum of few entries: a number times adjacent floats, of the input for the weight's gradient
// and of the weight for the input's.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::convolution {
namespace {

// A piece of a segment: as many vectors as the registers hold at once, for all output channels one after another.
struct Piece {
  int64_t segment, first, width; // in floats
};

inline Piece piece_at(const Plan &l, int64_t index) {
  const int64_t chunk = index % l.chunks, vectors = l.length / lanes;
  const int64_t first = vectors * chunk / l.chunks;
  return {index / l.chunks, first * lanes, (vectors * (chunk + 1) / l.chunks - first) * lanes};
}

// to += Σ g × from[offset...], `count` vectors wide. Narrow ones run several sums side by side, to keep the adders busy.
template <int count> void accumulate(float *to, const Entry *entries, int64_t n, const float *from) {
  constexpr int side = count <= 2 ? 4 : count <= 4 ? 2 : 1;
  Floats sum[side][count];
  CTORCH_UNROLL for (int v = 0; v < count; v++) sum[0][v] = load(to + v * lanes);
  CTORCH_UNROLL for (int s = 1; s < side; s++) { CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] = 0; }
  int64_t i = 0;
  for (; i + side <= n; i += side) {
    CTORCH_UNROLL for (int s = 0; s < side; s++) {
      const Floats g = entries[i + s].g;
      const float *at = from + entries[i + s].offset;
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] = times_plus(g, load(at + v * lanes), sum[s][v]);
    }
  }
  if constexpr (side > 1) {
    for (; i < n; i++) {
      const Floats g = entries[i].g;
      const float *at = from + entries[i].offset;
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[0][v] = times_plus(g, load(at + v * lanes), sum[0][v]);
    }
  }
  CTORCH_UNROLL for (int v = 0; v < count; v++) {
    CTORCH_UNROLL for (int s = 1; s < side; s++) sum[0][v] += sum[s][v];
    store(to + v * lanes, sum[0][v]);
  }
}

using Accumulate = void (*)(float *, const Entry *, int64_t, const float *);

template <size_t... i> constexpr std::array<Accumulate, sizeof...(i)> all_widths(std::index_sequence<i...>) {
  return {accumulate<int(i) + 1>...};
}
constexpr auto accumulators = all_widths(std::make_index_sequence<Processor::held>());

inline Accumulate accumulator(int64_t width) { return accumulators[size_t(width / lanes - 1)]; }

// Calls body(k, row, column, channel) for the floats of a piece that are taps of the kernel; the others are padding.
template <class Body> void for_each_tap(const Problem &p, const Plan &l, const Piece &piece, const Body &body) {
  const int64_t end = l.patches ? p.taps() : p.run();
  for (int64_t k = 0; k < piece.width && piece.first + k < end; k++) {
    const int64_t tap = piece.segment * p.run() + piece.first + k;
    body(k, tap / p.run(), tap % p.run() / p.channels, tap % p.channels);
  }
}

void pack_backward(const Problem &p, const Plan &l, const float *weight, Strides s, float *to, int64_t index) {
  const Piece piece = piece_at(l, index);
  to += index * l.pitch * p.outputs;
  std::fill_n(to, l.pitch * p.outputs, 0.0f);
  for_each_tap(p, l, piece, [&](int64_t k, int64_t row, int64_t column, int64_t channel) {
    const float *from = weight + row * s.row + column * s.column + channel * s.channel;
    for (int64_t o = 0; o < p.outputs; o++) to[o * l.pitch + k] = from[o * s.output];
  });
}

// To O×C×k×k, adding up the batches.
void unpack_gradient(const Problem &p, const Plan &l, const float *packed, float *weight, int64_t o) {
  for (int64_t index = 0; index < l.pieces; index++) {
    const Piece piece = piece_at(l, index);
    const float *from = packed + (index * p.outputs + o) * l.pitch;
    for_each_tap(p, l, piece, [&](int64_t k, int64_t row, int64_t column, int64_t channel) {
      float sum = from[k];
      for (int64_t batch = 1; batch < l.batches; batch++) sum += from[batch * l.packed() * p.outputs + k];
      weight[((o * p.channels + channel) * p.kernel + row) * p.kernel + column] = sum;
    });
  }
}

void bias_gradient(const Problem &p, const Backward &a, int64_t block) {
  float *sum = a.bias_gradient + block * p.outputs;
  std::fill_n(sum, p.outputs, 0.0f);
  const int64_t cells = p.images * p.cells();
  for (int64_t cell = cells * block / bias_blocks; cell < cells * (block + 1) / bias_blocks; cell++) {
    for_each_passed(p, a.gradient + cell * p.outputs, a.positions + cell * p.outputs, p.outputs, [&](int64_t o, auto value) {
      auto total = value;
      std::memcpy(&total, sum + o, sizeof total);
      total += value;
      std::memcpy(sum + o, &total, sizeof total);
    });
  }
}

// Rows of one batch, counted through its images.
struct Rows {
  int64_t first_image, begin, end;
};

inline Rows rows_of(const Problem &p, const Plan &l, int64_t batch, int64_t block) {
  const int64_t first = batch_begin(p, l, batch), rows = (batch_begin(p, l, batch + 1) - first) * p.rows;
  return {first, block * l.block_rows, std::min(rows, (block + 1) * l.block_rows)};
}

// The entries of each output channel in some rows. Offsets are into the rows' patches, or from the first row's image.
void make_entries(const Problem &p, const Plan &l, const Backward &a, const Rows &rows, Entry *entries, int32_t *counts) {
  std::fill_n(counts, p.outputs, 0);
  const int64_t base = rows.begin / p.rows, per_cell = p.pool * p.pool;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const int64_t image = r / p.rows, row = r % p.rows;
    for (int64_t column = 0; column < p.columns; column++) {
      int32_t offset[4];
      for (int64_t q = 0; q < per_cell; q++)
        offset[q] = int32_t(l.patches ? (((r - rows.begin) * p.columns + column) * per_cell + q) * l.length
                                      : (image - base) * p.image() + input_offset(p, row, column, q));
      const int64_t cell = (rows.first_image + image) * p.cells() + row * p.columns + column;
      const float *g = a.gradient + cell * p.outputs;
      const uint8_t *at = a.positions + cell * p.outputs;
      for (int64_t o = 0; o < p.outputs; o++) { // written in any case and counted if it is worth it: no branch
        const bool below = at[o] & below_zero;
        entries[o * l.block_cells + counts[o]] = {below ? g[o] * p.slope : g[o], offset[at[o] & 3]};
        counts[o] += !below || p.slope != 0;
      }
    }
  }
}

void list_entries(const Problem &p, const Plan &l, const Backward &a, int64_t block) {
  int64_t batch = 0, within = block;
  while (within >= blocks_in(p, l, batch)) within -= blocks_in(p, l, batch++);
  make_entries(p, l, a, rows_of(p, l, batch, within), a.entries + block * p.outputs * l.block_cells, a.counts + block * p.outputs);
}

// One row of cells as patches: for each cell and position the kernel's rows one behind the other. Copies by whole vectors,
// each over the tail of the one before.
void copy_patches(const Problem &p, const Plan &l, const float *image, int64_t row, float *to) {
  for (int64_t column = 0; column < p.columns; column++)
    for (int64_t q = 0; q < p.pool * p.pool; q++, to += l.length) {
      const float *from = image + input_offset(p, row, column, q);
      for (int64_t r = 0; r < p.kernel; r++, from += p.width * p.channels)
        for (int64_t i = 0; i < p.run(); i += lanes) store(to + r * p.run() + i, load(from + i));
    }
}

void weight_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) {
  const int64_t batch = task / l.pieces, per_cell = p.pool * p.pool;
  const Piece piece = piece_at(l, task % l.pieces);
  float *sum = a.weight_gradient + task * l.pitch * p.outputs;
  std::fill_n(sum, l.pitch * p.outputs, 0.0f);
  const int64_t row_of_patches = p.columns * per_cell * l.length;
  float *patches = scratch(l.block_rows * row_of_patches + slack + p.outputs * (1 + 2 * l.block_cells + 2));
  auto *own_counts = reinterpret_cast<int32_t *>(patches + l.block_rows * row_of_patches + slack);
  auto *own_entries = reinterpret_cast<Entry *>(own_counts + whole(p.outputs, 2) * 2);
  if (l.patches) std::fill_n(patches, l.block_rows * row_of_patches + slack, 0.0f);
  int64_t before = 0;
  for (int64_t b = 0; b < batch; b++) before += blocks_in(p, l, b);
  const Accumulate add = accumulator(piece.width);
  for (int64_t block = 0, blocks = blocks_in(p, l, batch); block < blocks; block++) {
    const Rows rows = rows_of(p, l, batch, block);
    const Entry *entries = own_entries;
    const int32_t *counts = own_counts;
    if (a.entries) {
      entries = a.entries + (before + block) * p.outputs * l.block_cells;
      counts = a.counts + (before + block) * p.outputs;
    } else {
      make_entries(p, l, a, rows, own_entries, own_counts);
    }
    const float *from = a.input + (rows.first_image + rows.begin / p.rows) * p.image() + piece.segment * p.width * p.channels;
    if (l.patches) {
      for (int64_t r = rows.begin; r < rows.end; r++)
        copy_patches(p, l, a.input + (rows.first_image + r / p.rows) * p.image(), r % p.rows, patches + (r - rows.begin) * row_of_patches);
      from = patches;
    }
    from += piece.first;
    for (int64_t o = 0; o < p.outputs; o++) add(sum + o * l.pitch, entries + o * l.block_cells, counts[o], from);
  }
}

// The entries of each position of some cells, offsets into a piece of the weight, in [cell][position][at most `room`].
void sort_entries(const Problem &p, const Plan &l, const Backward &a, int64_t first_cell, int64_t cells, Entry *entries, int64_t room,
                  int32_t *counts) {
  const int64_t per_cell = p.pool * p.pool;
  for (int64_t cell = 0; cell < cells; cell++) {
    const float *g = a.gradient + (first_cell + cell) * p.outputs;
    const uint8_t *at = a.positions + (first_cell + cell) * p.outputs;
    Entry *list = entries + cell * per_cell * room;
    uint64_t count = 0; // four of 16 bits
    for (int64_t o = 0; o < p.outputs; o++) {
      const bool below = at[o] & below_zero;
      const int q = at[o] & 3, shift = 16 * q;
      list[q * room + int64_t(count >> shift & 0xffff)] = {below ? g[o] * p.slope : g[o], int32_t(o * l.pitch)};
      count += uint64_t(!below || p.slope != 0) << shift;
    }
    for (int64_t q = 0; q < per_cell; q++) counts[cell * per_cell + q] = int32_t(count >> (16 * q) & 0xffff);
  }
}

void input_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t group) {
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image);
  const int64_t per_cell = p.pool * p.pool, total_rows = images * p.rows;
  const int64_t at_once = l.patches ? 1 : whole(32, p.columns); // rows of cells
  const int64_t most = at_once * p.columns * per_cell;          // positions
  const int64_t room = whole(p.outputs + 1, 2) * 2;
  const int64_t sums = whole(images * p.image() + 2 * slack, 2) * 2, patch_floats = l.patches ? most * l.length + 2 * slack : 0;
  float *sum = scratch(sums + most * 2 * room + 2 * most + patch_floats + p.run() + 2 * slack);
  auto *entries = reinterpret_cast<Entry *>(sum + sums);
  auto *counts = reinterpret_cast<int32_t *>(entries + most * room);
  float *patches = sum + sums + most * 2 * room + 2 * most + slack;
  auto *mask = counts + 2 * most + patch_floats + slack;
  if (l.patches) {
    std::fill_n(patches - slack, patch_floats, 0.0f);
    std::fill_n(mask - slack, p.run() + 2 * slack, 0);
    std::fill_n(mask, p.run(), -1);
  }
  std::fill_n(sum, sums, 0.0f);
  for (int64_t row = 0; row < total_rows; row += at_once) {
    const int64_t rows = std::min(at_once, total_rows - row), cells = rows * p.columns;
    sort_entries(p, l, a, first_image * p.cells() + row * p.columns, cells, entries, room, counts);
    if (l.patches) std::fill_n(patches, cells * per_cell * l.length, 0.0f);
    for (int64_t index = 0; index < l.pieces; index++) {
      const Piece piece = piece_at(l, index);
      const Accumulate add = accumulator(piece.width);
      const float *weight = a.weight + index * l.pitch * p.outputs;
      for (int64_t cell = 0; cell < cells; cell++) {
        const int64_t r = row + cell / p.columns, column = cell % p.columns;
        for (int64_t q = 0; q < per_cell; q++) {
          const int64_t n = counts[cell * per_cell + q];
          if (n == 0) continue;
          float *to = l.patches
                          ? patches + (cell * per_cell + q) * l.length
                          : sum + r / p.rows * p.image() + input_offset(p, r % p.rows, column, q) + piece.segment * p.width * p.channels;
          add(to + piece.first, entries + (cell * per_cell + q) * room, n, weight);
        }
      }
    }
    if (l.patches) add_patches(p, l.length, patches, row % p.rows, mask, sum + row / p.rows * p.image());
  }
  std::copy_n(sum, images * p.image(), a.input_gradient + first_image * p.image());
}

} // namespace
} // namespace ctorch::convolution
