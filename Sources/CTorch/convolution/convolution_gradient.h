// The kernels of convolution.h, backward. Only the position of each maximum carries
// gradient, so every gradient is a sum of few terms: a factor times adjacent floats, of the input for the weight's gradient
// and of the weight for the input's.
#pragma once

#include "convolution_products.h"
#include "convolution_weights.h"

namespace ctorch::convolution {
namespace {

// A piece of a segment: as many vectors as the registers hold at once, for all output channels one after another.
struct Piece {
  int64_t block, row, first, width; // of channels, of the kernel; in floats
};

inline Piece piece_at(const Plan &l, int64_t index) {
  const int64_t chunk = index % l.chunks, segment = index / l.chunks, vectors = l.length / lanes, rows = l.segments / l.blocks;
  const int64_t first = vectors * chunk / l.chunks;
  return {segment / rows, segment % rows, first * lanes, (vectors * (chunk + 1) / l.chunks - first) * lanes};
}

// to = or += Σ g × from[offset...], `count` vectors wide. Narrow ones run several sums side by side, to keep the adders busy.
template <int count, bool fresh> void accumulate(float *to, const float *g, const int32_t *offsets, int64_t n, const float *from) {
  constexpr int side = count * 7 <= Processor::held ? 4 : count * 3 <= Processor::held ? 2 : 1;
  Floats sum[side][count];
  CTORCH_UNROLL for (int v = 0; v < count; v++) sum[0][v] = fresh ? Floats(0) : load(to + v * lanes);
  CTORCH_UNROLL for (int s = 1; s < side; s++) { CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] = 0; }
  int64_t i = 0;
  for (; i + side <= n; i += side) {
    CTORCH_UNROLL for (int s = 0; s < side; s++) {
      const Floats factor = g[i + s];
      const float *at = from + offsets[i + s];
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] = times_plus(factor, load(at + v * lanes), sum[s][v]);
    }
  }
  if constexpr (side > 1) {
    for (; i < n; i++) {
      const Floats factor = g[i];
      const float *at = from + offsets[i];
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[0][v] = times_plus(factor, load(at + v * lanes), sum[0][v]);
    }
  }
  CTORCH_UNROLL for (int v = 0; v < count; v++) {
    CTORCH_UNROLL for (int s = 1; s < side; s++) sum[0][v] += sum[s][v];
    store(to + v * lanes, sum[0][v]);
  }
}

// The same for some outputs beside each other, whose factors and offsets lie `step` apart for each term; sums are `pitch` apart.
template <int count, int outputs>
void accumulate_beside(float *to, int64_t pitch, const float *g, const int32_t *offsets, int64_t step, int64_t n, const float *from) {
  Floats sum[outputs][count];
  CTORCH_UNROLL for (int o = 0; o < outputs; o++) {
    CTORCH_UNROLL for (int v = 0; v < count; v++) sum[o][v] = load(to + o * pitch + v * lanes);
  }
  for (int64_t i = 0; i < n; i++, g += step, offsets += step) {
    CTORCH_UNROLL for (int o = 0; o < outputs; o++) {
      const Floats factor = g[o];
      const float *at = from + offsets[o];
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[o][v] = times_plus(factor, load(at + v * lanes), sum[o][v]);
    }
  }
  CTORCH_UNROLL for (int o = 0; o < outputs; o++) {
    CTORCH_UNROLL for (int v = 0; v < count; v++) store(to + o * pitch + v * lanes, sum[o][v]);
  }
}

template <int count>
void accumulate_all(float *to, int64_t pitch, const float *g, const int32_t *offsets, int64_t step, int64_t n, const float *from,
                    int64_t outputs) {
  constexpr int side = count * 8 <= Processor::held ? 8 : count * 4 <= Processor::held ? 4 : count * 2 <= Processor::held ? 2 : 1;
  int64_t o = 0;
  for (; o + side <= outputs; o += side) accumulate_beside<count, side>(to + o * pitch, pitch, g + o, offsets + o, step, n, from);
  for (; o < outputs; o++) accumulate_beside<count, 1>(to + o * pitch, pitch, g + o, offsets + o, step, n, from);
}

// One of the above for each number of vectors.
struct Accumulators {
  void (*add)(float *, const float *, const int32_t *, int64_t, const float *);
  void (*set)(float *, const float *, const int32_t *, int64_t, const float *);
  void (*add_all)(float *, int64_t, const float *, const int32_t *, int64_t, int64_t, const float *, int64_t);
};

template <size_t... i> constexpr std::array<Accumulators, sizeof...(i)> all_widths(std::index_sequence<i...>) {
  return {Accumulators{accumulate<int(i) + 1, false>, accumulate<int(i) + 1, true>, accumulate_all<int(i) + 1>}...};
}
constexpr auto accumulators = all_widths(std::make_index_sequence<Processor::held>());

inline const Accumulators &accumulators_of(int64_t width) { return accumulators[size_t(width / lanes - 1)]; }

// Calls body(k, tap, count) for stretches of a piece, `count` floats from `k` on, which are taps of an output's kernel from `tap` on,
// [row][column][channel]; what is left of the piece is padding.
template <class Body> void for_each_stretch(const Problem &p, const Plan &l, const Piece &piece, const Body &body) {
  if (l.blocks == 1) {
    const int64_t end = l.patches ? p.taps() : p.run();
    body(0, piece.row * p.run() + piece.first, std::min(piece.width, end - piece.first));
    return;
  }
  const int64_t first = piece.block * lanes, real = std::min(lanes, p.channels - first);
  for (int64_t column = 0; column < p.kernel; column++) body(column * lanes, (piece.row * p.kernel + column) * p.channels + first, real);
}

void pack_backward(const Problem &p, const Plan &l, const float *weight, Strides s, float *to, int64_t o) {
  float *kernel = scratch(p.taps());
  order_kernel(p, weight + o * s.output, s, kernel);
  for (int64_t index = 0; index < l.pieces; index++) {
    float *piece = to + (index * p.outputs + o) * l.pitch;
    std::fill_n(piece, l.pitch, 0.0f);
    for_each_stretch(p, l, piece_at(l, index), [&](int64_t k, int64_t tap, int64_t count) { std::copy_n(kernel + tap, count, piece + k); });
  }
}

// To the weight's layout, adding up the batches.
void unpack_gradient(const Problem &p, const Plan &l, const float *packed, Layout layout, float *weight, int64_t o) {
  float *to = weight + o * p.taps(), *kernel = layout == Layout::channels_last ? to : scratch(p.taps());
  for (int64_t index = 0; index < l.pieces; index++) {
    const float *piece = packed + (index * p.outputs + o) * l.pitch;
    for_each_stretch(p, l, piece_at(l, index), [&](int64_t k, int64_t tap, int64_t count) {
      std::copy_n(piece + k, count, kernel + tap);
      for (int64_t batch = 1; batch < l.batches; batch++) {
        const float *more = piece + k + batch * l.packed() * p.outputs;
        for (int64_t i = 0; i < count; i++) kernel[tap + i] += more[i];
      }
    });
  }
  const int64_t square = p.kernel * p.kernel;
  if (kernel != to) transpose(kernel, p.channels, square, p.channels, to, square);
}

// `count` vectors of outputs from `o` on, `side` sums of each, so that none waits for the one before. What a vector reads behind a cell's
// outputs is left out; the last cells of the tensor have nothing behind them and go one by one.
template <int count> void sum_gradients(const Problem &p, const Backward &a, int64_t first, int64_t end, int64_t o, float *to) {
  constexpr int side = std::max(1, 4 / count);
  const int64_t spare = p.images * p.cells() * p.outputs - o - count * lanes, real = std::min(count * lanes, p.outputs - o);
  const int64_t safe = spare < 0 ? first : std::clamp(spare / p.outputs + 1, first, end);
  Floats sum[side][count];
  CTORCH_UNROLL for (int s = 0; s < side; s++) { CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] = 0; }
  int64_t cell = first, i = first * p.outputs + o;
  for (; cell + side <= safe; cell += side) {
    CTORCH_UNROLL for (int s = 0; s < side; s++, i += p.outputs) {
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[s][v] += passed(p, a.gradient + i + v * lanes, a.positions + i + v * lanes);
    }
  }
  float total[count * lanes];
  CTORCH_UNROLL for (int v = 0; v < count; v++) {
    Floats all = sum[0][v];
    CTORCH_UNROLL for (int s = 1; s < side; s++) all += sum[s][v];
    store(total + v * lanes, all);
  }
  for (; cell < end; cell++, i += p.outputs)
    for (int64_t k = 0; k < real; k++) total[k] += passed_one(p, a.gradient + i + k, a.positions + i + k);
  std::copy_n(total, real, to);
}

void bias_gradient(const Problem &p, const Backward &a, int64_t block) {
  static constexpr std::array<decltype(&sum_gradients<1>), 4> sums{sum_gradients<1>, sum_gradients<2>, sum_gradients<3>, sum_gradients<4>};
  const int64_t cells = p.images * p.cells(), first = cells * block / bias_blocks, end = cells * (block + 1) / bias_blocks;
  for (int64_t o = 0; o < p.outputs; o += 4 * lanes)
    sums[size_t(std::min<int64_t>(3, (p.outputs - o - 1) / lanes))](p, a, first, end, o, a.bias_gradient + block * p.outputs + o);
}

// Rows of one batch, counted through its images.
struct Rows {
  int64_t first_image, begin, end;
};

inline Rows rows_of(const Problem &p, const Plan &l, int64_t batch, int64_t block) {
  const int64_t first = batch_begin(p, l, batch), rows = (batch_begin(p, l, batch + 1) - first) * p.rows;
  return {first, block * l.block_rows, std::min(rows, (block + 1) * l.block_rows)};
}

// The terms of each output channel in some rows. Offsets are from the first row's image on.
void make_terms(const Problem &p, const Plan &l, const Backward &a, const Rows &rows, float *factors, int32_t *offsets, int32_t *counts) {
  std::fill_n(counts, p.outputs, 0);
  const Problem one = l.block_of(p);
  const int64_t base = rows.begin / p.rows, per_cell = p.pool * p.pool;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const int64_t image = r / p.rows, row = r % p.rows;
    for (int64_t column = 0; column < p.columns; column++) {
      int32_t places[4];
      for (int64_t q = 0; q < per_cell; q++) places[q] = int32_t((image - base) * one.image() + input_offset(one, row, column, q));
      const int64_t cell = (rows.first_image + image) * p.cells() + row * p.columns + column;
      const float *g = a.gradient + cell * p.outputs;
      const uint8_t *at = a.positions + cell * p.outputs;
      for (int64_t o = 0; o < p.outputs; o++) { // written in any case and counted if it is worth it: no branch
        const bool below = at[o] & below_zero;
        const int64_t next = o * l.block_cells + counts[o];
        factors[next] = below ? g[o] * p.slope : g[o];
        offsets[next] = places[at[o] & 3];
        counts[o] += !below || p.slope != 0;
      }
    }
  }
}

void list_terms(const Problem &p, const Plan &l, const Backward &a, int64_t block) {
  int64_t batch = 0, within = block;
  while (within >= blocks_in(p, l, batch)) within -= blocks_in(p, l, batch++);
  const int64_t first = block * p.outputs;
  make_terms(p, l, a, rows_of(p, l, batch, within), a.factors + first * l.block_cells, a.offsets + first * l.block_cells, a.counts + first);
}

// One row of cells as patches: for each cell and position the kernel's rows one behind the other. Copies by whole vectors,
// each over the tail of the one before; `single`: one for a row of the kernel.
template <bool single> void copy_patches(const Problem &p, const Plan &l, const float *image, int64_t row, float *to) {
  // In registers: a store might change what a reference refers to, as far as the compiler knows.
  const int64_t run = p.run(), kernel = p.kernel, length = l.length, image_row = p.width * p.channels;
  for (int64_t column = 0; column < p.columns; column++)
    for (int64_t q = 0; q < p.pool * p.pool; q++, to += length) {
      const float *from = image + input_offset(p, row, column, q);
      for (int64_t r = 0; r < kernel; r++, from += image_row) {
        if constexpr (single)
          store(to + r * run, load(from));
        else
          for (int64_t i = 0; i < run; i += lanes) store(to + r * run + i, load(from + i));
      }
    }
}

// What each cell of a row adds to the weight's gradient, a term for every output, zero where nothing passes; offsets are into the row's
// patches. Outputs are up to whole vectors.
void spread_terms(const Problem &p, const Plan &l, const Backward &a, int64_t first_cell, float *factors, int32_t *offsets) {
  const int64_t per_cell = p.pool * p.pool, width = whole(p.outputs, lanes) * lanes;
  for (int64_t column = 0; column < p.columns; column++, factors += width, offsets += width) {
    const uint8_t *at = a.positions + (first_cell + column) * p.outputs;
    for_each_passed(p, a.gradient + (first_cell + column) * p.outputs, at, p.outputs,
                    [&](int64_t o, auto value) { std::memcpy(factors + o, &value, sizeof value); });
    for (int64_t o = 0; o < p.outputs; o++) offsets[o] = int32_t((column * per_cell + (at[o] & 3)) * l.length);
  }
}

// The weight gradient by patches takes a term for each output of each cell.
void weight_gradient_of_patches(const Problem &p, const Plan &l, const Backward &a, int64_t batch, const Piece &piece, float *sum) {
  const int64_t row_of_patches = p.columns * p.pool * p.pool * l.length, width = whole(p.outputs, lanes) * lanes;
  float *patches = scratch(row_of_patches + slack + 2 * p.columns * width), *factors = patches + row_of_patches + slack;
  auto *offsets = reinterpret_cast<int32_t *>(factors + p.columns * width);
  std::fill_n(patches, row_of_patches + slack, 0.0f);
  const auto add = accumulators_of(piece.width).add_all;
  const auto copy = p.run() <= lanes ? copy_patches<true> : copy_patches<false>;
  for (int64_t image = batch_begin(p, l, batch); image < batch_begin(p, l, batch + 1); image++)
    for (int64_t row = 0; row < p.rows; row++) {
      spread_terms(p, l, a, image * p.cells() + row * p.columns, factors, offsets);
      copy(p, l, a.input + image * p.image(), row, patches);
      add(sum, l.pitch, factors, offsets, width, p.columns, patches + piece.first, p.outputs);
    }
}

void weight_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) {
  const int64_t batch = task / l.pieces;
  const Piece piece = piece_at(l, task % l.pieces);
  float *sum = a.weight_gradient + task * l.pitch * p.outputs;
  std::fill_n(sum, l.pitch * p.outputs, 0.0f);
  if (l.patches) return weight_gradient_of_patches(p, l, a, batch, piece, sum);
  const Problem one = l.block_of(p);
  const float *input = a.input + piece.block * p.images * one.image() + piece.row * one.width * one.channels + piece.first;
  int64_t before = 0;
  for (int64_t b = 0; b < batch; b++) before += blocks_in(p, l, b);
  const auto add = accumulators_of(piece.width).add;
  for (int64_t block = 0, blocks = blocks_in(p, l, batch); block < blocks; block++) {
    const Rows rows = rows_of(p, l, batch, block);
    const int64_t first = (before + block) * p.outputs;
    const float *from = input + (rows.first_image + rows.begin / p.rows) * one.image();
    for (int64_t o = 0; o < p.outputs; o++) {
      const int64_t list = (first + o) * l.block_cells;
      add(sum + o * l.pitch, a.factors + list, a.offsets + list, a.counts[first + o], from);
    }
  }
}

// The terms of each position of some cells, offsets into a piece of the weight, in [cell][position][at most `room`].
template <class Set = Processor>
void sort_terms(const Problem &p, const Plan &l, const Backward &a, int64_t first_cell, int64_t cells, float *factors, int32_t *offsets,
                int64_t room, int32_t *counts) {
  const int64_t per_cell = p.pool * p.pool;
  for (int64_t cell = 0; cell < cells; cell++, factors += per_cell * room, offsets += per_cell * room, counts += per_cell) {
    const float *g = a.gradient + (first_cell + cell) * p.outputs;
    const uint8_t *at = a.positions + (first_cell + cell) * p.outputs;
    int32_t found[4] = {}; // in registers
    int64_t o = 0;
    if constexpr (Set::compresses) {
      for (; o + lanes <= p.outputs; o += lanes) {
        Bytes bytes;
        std::memcpy(&bytes, at + o, sizeof bytes);
        const Ints places = __builtin_convertvector(bytes, Ints), position = places & 3;
        const Ints below = (places & int32_t(below_zero)) != 0, passed = p.slope != 0 ? Ints(-1) : ~below;
        const Floats value = load(g + o), lower = value * p.slope, factor = below ? lower : value;
        const auto numbers = Ints(Set::counting(int32_t(o * l.pitch), int32_t(l.pitch)));
        CTORCH_UNROLL for (int q = 0; q < 4; q++) {
          if (q < per_cell)
            found[q] +=
                Set::compress((position == q) & passed, factor, numbers, factors + q * room + found[q], offsets + q * room + found[q]);
        }
      }
    }
    for (; o < p.outputs; o++) { // written in any case and counted if it is worth it: no branch
      const bool below = at[o] & below_zero;
      int32_t &count = found[at[o] & 3];
      const int64_t next = (at[o] & 3) * room + count;
      factors[next] = below ? g[o] * p.slope : g[o];
      offsets[next] = int32_t(o * l.pitch);
      count += !below || p.slope != 0;
    }
    std::copy_n(found, per_cell, counts);
  }
}

// What the activation lets through of some cells' gradients, nothing pooled: a row of `pitch` floats for each, zeros behind its outputs.
inline void pass_cells(const Problem &p, const Backward &a, int64_t first_cell, int64_t cells, float *to, int64_t pitch) {
  const float *g = a.gradient + first_cell * p.outputs;
  const uint8_t *at = a.positions + first_cell * p.outputs;
  auto row = [&](const float *g, const uint8_t *at, float *to, int64_t count) {
    for_each_passed(p, g, at, count, [&](int64_t i, auto value) { std::memcpy(to + i, &value, sizeof value); });
  };
  if (pitch == p.outputs) return row(g, at, to, cells * p.outputs);
  for (int64_t cell = 0; cell < cells; cell++, to += pitch) {
    row(g + cell * p.outputs, at + cell * p.outputs, to, p.outputs);
    std::fill(to + p.outputs, to + pitch, 0.0f);
  }
}

void multiply_all_terms(const Problem &p, const Plan &l, const Piece &piece, int64_t cells, const float *factors, int64_t room,
                        const float *weight, float *to, int64_t to_row) {
  for (int64_t first = 0, width; first < piece.width; first += width) {
    width = piece.width - first < tile_vectors * lanes ? lanes : tile_vectors * lanes;
    multiply_all({.left = factors,
                  .right = weight + first,
                  .to = to + first,
                  .row = room,
                  .step = 1,
                  .right_row = l.pitch,
                  .to_row = to_row,
                  .depth = p.outputs,
                  .add = false},
                 cells, width);
  }
}

// From the sums of some images, [block of channels][image][row][column][channel], to the images, without their padding.
void write_images(const Problem &p, const Plan &l, const float *sum, int64_t images, float *to) {
  const Problem one = l.block_of(p);
  const int64_t height = p.height - 2 * p.padding, width = p.width - 2 * p.padding;
  for (int64_t n = 0; n < images; n++)
    for (int64_t y = 0; y < height; y++, to += width * p.channels)
      for (int64_t block = 0; block < l.blocks; block++) {
        const float *from = sum + (((block * images + n) * p.height + y + p.padding) * p.width + p.padding) * one.channels;
        if (l.blocks == 1)
          std::copy_n(from, width * p.channels, to);
        else
          for (int64_t x = 0; x < width; x++)
            store_some(to + x * p.channels + block * lanes, load(from + x * lanes), p.channels - block * lanes);
      }
}

void input_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t group) {
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image);
  const int64_t per_cell = p.pool * p.pool, total_rows = images * p.rows;
  const int64_t at_once = l.patches ? 1 : whole(32, p.columns); // rows of cells
  const int64_t most = at_once * p.columns * per_cell;          // positions
  const int64_t room = p.outputs + lanes;                       // whole vectors are stored
  const Problem one = l.block_of(p);
  // Whole vectors that end with a run touch no other image, so they add up where they belong.
  const bool in_place = !l.patches && l.blocks == 1 && p.padding == 0 && p.run() % lanes == 0;
  float *const to = a.input_gradient + first_image * (p.height - 2 * p.padding) * (p.width - 2 * p.padding) * p.channels;
  const int64_t sums = in_place ? 0 : l.blocks * images * one.image() + 2 * slack, beside = patch_slack(p);
  const int64_t patch_floats = (l.patches ? most * l.length : l.all_terms ? most * l.pitch : 0) + 2 * beside;
  float *const memory = scratch(sums + most * (2 * room + 1) + patch_floats + p.run() + 2 * beside), *const factors = memory + sums;
  float *const sum = in_place ? to : memory, *const patches = factors + most * (2 * room + 1) + beside;
  auto *offsets = reinterpret_cast<int32_t *>(factors + most * room), *counts = offsets + most * room;
  auto *mask = counts + most + patch_floats + beside;
  if (l.patches) {
    std::fill_n(patches - beside, patch_floats, 0.0f);
    std::fill_n(mask - beside, p.run() + 2 * beside, 0);
    std::fill_n(mask, p.run(), -1);
  }
  std::fill_n(sum, in_place ? images * p.image() : sums, 0.0f);
  for (int64_t row = 0; row < total_rows; row += at_once) {
    const int64_t rows = std::min(at_once, total_rows - row), cells = rows * p.columns;
    const int64_t first_cell = first_image * p.cells() + row * p.columns;
    if (l.all_terms)
      pass_cells(p, a, first_cell, cells, factors, room);
    else
      sort_terms(p, l, a, first_cell, cells, factors, offsets, room, counts);
    for (int64_t index = 0; index < l.pieces; index++) {
      const Piece piece = piece_at(l, index);
      const auto add = l.patches ? accumulators_of(piece.width).set : accumulators_of(piece.width).add;
      const float *weight = a.weight + index * l.pitch * p.outputs;
      const float *factor = factors;
      const int32_t *offset = offsets, *count = counts;
      float *patch = patches + (l.patches ? piece.first : 0);
      if (l.all_terms) multiply_all_terms(p, l, piece, cells, factors, room, weight, patch, l.patches ? l.length : piece.width);
      for (int64_t r = row; r < row + rows; r++) {
        float *line =
            sum + piece.block * images * one.image() + r / p.rows * one.image() + piece.row * one.width * one.channels + piece.first;
        if (l.all_terms && !l.patches)
          for (int64_t column = 0; column < p.columns; column++, patch += piece.width) {
            float *place = line + input_offset(one, r % p.rows, column, 0);
            for (int64_t i = 0; i < piece.width; i += lanes) store(place + i, load(place + i) + load(patch + i));
          }
        if (l.all_terms) continue;
        for (int64_t column = 0; column < p.columns; column++)
          for (int64_t q = 0; q < per_cell; q++, factor += room, offset += room, count++, patch += l.length) {
            if (l.patches)
              add(patch, factor, offset, *count, weight);
            else if (*count > 0)
              add(line + input_offset(one, r % p.rows, column, q), factor, offset, *count, weight);
          }
      }
    }
    if (l.patches) add_patches(p, l.length, patches, row % p.rows, mask, sum + row / p.rows * p.image());
  }
  if (!in_place) write_images(p, l, sum, images, to);
}

} // namespace
} // namespace ctorch::convolution
