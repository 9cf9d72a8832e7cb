// The kernels of convolution.h by tiles, as convolution_winograd.h has it.
#pragma once

#include "convolution_gradient.h"
#include "convolution_winograd.h"

namespace ctorch::convolution {
namespace {

void activation_gradient(const Problem &p, const Backward &a, int64_t image, float *to, int64_t pitch) {
  pass_cells(p, a, image * p.cells(), p.cells(), to, pitch);
}

// to[i] += Σ of rows, which are whole vectors; several sums, so that none waits for the one before.
inline void add_rows(const float *rows, int64_t count, int64_t pitch, float *to) {
  constexpr int side = 4;
  for (int64_t i = 0; i < pitch; i += lanes) {
    Floats sum[side] = {load(to + i)};
    CTORCH_UNROLL for (int s = 1; s < side; s++) sum[s] = 0;
    int64_t row = 0;
    for (; row + side <= count; row += side) {
      CTORCH_UNROLL for (int s = 0; s < side; s++) sum[s] += load(rows + (row + s) * pitch + i);
    }
    for (; row < count; row++) sum[0] += load(rows + row * pitch + i);
    store(to + i, (sum[0] + sum[1]) + (sum[2] + sum[3]));
  }
}

// The weight's gradient without tiles, where every position carries gradient: a product for each row of the kernel and of the output, to
// sums[row][column][channel][output], whole vectors. The bias's, which is wanted if there is room for it, comes of the same numbers.
void dense_weight_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t batch) {
  const int64_t blocks = whole(l.vectors, tile_vectors), line = p.width * p.channels, pitch = l.vectors * lanes;
  float *sums = a.weight_gradient + batch * p.taps() * pitch;
  std::fill_n(sums, p.taps() * pitch, 0.0f);
  float *const bias = a.bias_gradient ? a.bias_gradient + batch * pitch : nullptr;
  if (bias) std::fill_n(bias, pitch, 0.0f);
  float *gradient = scratch(p.cells() * pitch);
  for (int64_t n = batch_begin(p, l, batch); n < batch_begin(p, l, batch + 1); n++) {
    activation_gradient(p, a, n, gradient, pitch);
    if (bias) add_rows(gradient, p.cells(), pitch, bias);
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t first = l.vectors * block / blocks * lanes, width = l.vectors * (block + 1) / blocks * lanes - first;
      for (int64_t k = 0; k < p.kernel; k++)
        for (int64_t row = 0; row < p.rows; row++)
          multiply_all({.left = a.input + n * p.image() + (row * p.stride + k) * line,
                        .right = gradient + row * p.columns * pitch + first,
                        .to = sums + k * p.run() * pitch + first,
                        .row = 1,
                        .step = p.stride * p.channels,
                        .right_row = pitch,
                        .to_row = pitch,
                        .depth = p.columns,
                        .add = true},
                       p.run(), width);
    }
  }
}

// To the weight's layout, adding up the batches in place.
void unpack_dense(const Problem &p, const Plan &l, float *sums, Layout layout, float *weight, int64_t part) {
  const int64_t pitch = l.vectors * lanes, square = p.kernel * p.kernel;
  for (int64_t i = 0; i < square; i++) {
    float *sum = sums + (layout == Layout::channels_last ? part * square + i : i * p.channels + part) * pitch;
    for (int64_t batch = 1; batch < l.batches; batch++)
      for (int64_t o = 0; o < pitch; o += lanes) store(sum + o, load(sum + o) + load(sum + batch * p.taps() * pitch + o));
  }
  reorder_gradient(p, sums, pitch, p.outputs, layout, part, weight);
}

// A vector of filters in `ordered`, [vector of outputs][row][column][channel][output]: its first tap that belongs to the piece.
template <class Float> Float *filters_at(const Problem &p, const Panel &panel, Float *ordered, int64_t channel, int64_t o) {
  const int64_t tap = ((panel.first + o) / lanes * p.kernel + panel.cut.row) * p.kernel + panel.cut.column;
  return ordered + (tap * p.channels + panel.channels.first + channel) * lanes;
}

void order_filters(const Problem &p, const Tiling &, const float *weight, Strides s, bool rounds, float *ordered, int64_t vector) {
  order_weight(p, weight, s, rounds, vector * lanes, lanes, ordered + vector * p.taps() * lanes);
}

void pack_tiles(const Problem &p, const Tiling &l, const float *ordered, float *to, int64_t index) {
  const Panel panel = panel_at(p, l, index);
  const Cut &cut = panel.cut;
  to += panel.offset;
  for (int64_t channel = 0; channel < panel.channels.count; channel++)
    for (int64_t o = 0; o < panel.width; o += lanes) {
      const float *from = filters_at(p, panel, ordered, channel, o);
      both_ways<3, points>(
          evaluate<3>,
          [&](int i, int j) {
            return i < cut.down - 3 && j < cut.across - 3 ? load(from + (i * p.kernel + j) * p.channels * lanes) : Floats(0);
          },
          [&](int i, int j, Floats value) {
            store(to + (i * points + j) * panel.step + channel * panel.width + o, value * (scales[size_t(i)] * scales[size_t(j)]));
          });
    }
}

// To the order of order_filters, adding up the batches.
void unpack_tiles(const Problem &p, const Tiling &l, const float *sums, float *ordered, int64_t index) {
  const Panel panel = panel_at(p, l, index);
  const Cut &cut = panel.cut;
  sums += panel.offset;
  for (int64_t channel = 0; channel < panel.channels.count; channel++)
    for (int64_t o = 0; o < panel.width; o += lanes) {
      float *to = filters_at(p, panel, ordered, channel, o);
      both_ways<points, 3>(
          fold<3>,
          [&](int i, int j) {
            Floats sum = 0;
            if (i >= cut.down || j >= cut.across) return sum;
            const float *from = sums + (i * points + j) * panel.step + channel * panel.width + o;
            for (int64_t batch = 0; batch < l.batches; batch++) sum += load(from + batch * l.packed);
            return sum * (scales[size_t(i)] * scales[size_t(j)]);
          },
          [&](int i, int j, Floats value) {
            if (i < cut.down - 3 && j < cut.across - 3) store(to + (i * p.kernel + j) * p.channels * lanes, value);
          });
    }
}

void reorder_filters(const Problem &p, const Tiling &, const float *ordered, Layout layout, float *weight, int64_t vector) {
  const int64_t first = vector * lanes, outputs = std::min(lanes, p.outputs - first);
  for (int64_t part = 0; part < p.channels; part++)
    reorder_gradient(p, ordered + first * p.taps(), lanes, outputs, layout, part, weight + first * p.taps());
}

// Images as they are, without padding.
struct Images {
  const float *at;
  int64_t count, height, width, channels;

  int64_t row() const { return width * channels; }
  int64_t size() const { return height * width * channels; } // of one
  const float *pixel(int64_t image, int64_t row, int64_t column) const { return at + ((image * height + row) * width + column) * channels; }
};

struct Place {
  int64_t image, row, column;
};

inline Place place_of(const Tiling &l, int64_t tile) {
  return {tile / (l.down * l.across), tile / l.across % l.down * tile_side, tile % l.across * tile_side};
}

// Some channels of a square of pixels: where they lie if whole vectors can be read there, or else a copy, zeros around the image.
template <int side> struct Square {
  const float *at;
  int64_t row, column;

  Square(const Images &x, const Place &from, const Channels &c, float *copy) : at(copy), row(side * c.width), column(c.width) {
    const int64_t top = std::max<int64_t>(0, -from.row), bottom = std::min<int64_t>(side, x.height - from.row);
    const int64_t left = std::max<int64_t>(0, -from.column), right = std::min<int64_t>(side, x.width - from.column);
    auto pixel = [&](int64_t i, int64_t j) { return x.pixel(from.image, from.row + i, from.column + j) + c.first; };
    const float *end = x.pixel(x.count, 0, 0);
    const bool inside = top == 0 && left == 0 && bottom == side && right == side;
    if (inside && pixel(side - 1, side - 1) + c.width <= end) {
      at = pixel(0, 0);
      row = x.width * x.channels;
      column = x.channels;
      return;
    }
    if (!inside) std::fill_n(copy, side * side * c.width, 0.0f);
    for (int64_t i = top; i < bottom; i++)
      for (int64_t j = left; j < right; j++) {
        const float *source = pixel(i, j);
        float *to = copy + (i * side + j) * c.width;
        if (source + c.width <= end)
          for (int64_t k = 0; k < c.width; k += lanes) store(to + k, load(source + k));
        else
          std::copy_n(source, c.count, to);
      }
  }

  Floats operator()(int i, int j, int64_t channel) const { return load(at + i * row + j * column + channel); }
};

// Transformed tiles lie as [point][tile of the group][channel].
inline int64_t pitch(const Tiling &l, int64_t width) { return l.group * width + gap; }

// One piece and part of the input's tiles.
inline void spread_tiles(const Images &x, const Problem &p, const Tiling &l, const Cut &cut, const Channels &c, int64_t first,
                         int64_t tiles, float *copy, float *to) {
  const int64_t step = pitch(l, c.width);
  for (int64_t tile = 0; tile < tiles; tile++, to += c.width) {
    Place from = place_of(l, first + tile);
    from.row += cut.row - p.padding;
    from.column += cut.column - p.padding;
    const Square<points> square(x, from, c, copy);
    for (int64_t k = 0; k < c.width; k += lanes)
      both_ways<points, points>(
          spread, [&](int i, int j) { return square(i, j, k); },
          [&](int i, int j, Floats value) { store(to + (i * points + j) * step + k, value); });
  }
}

inline Images inputs(const Problem &p, const float *at) {
  return {at, p.images, p.height - 2 * p.padding, p.width - 2 * p.padding, p.channels};
}

// The rows of pixels that a group's tiles read, images one below the other.
struct PixelRows {
  int64_t first, count;

  PixelRows(const Images &x, const Problem &p, const Tiling &l, int64_t tile, int64_t tiles) {
    const Place top = place_of(l, tile), bottom = place_of(l, tile + tiles - 1);
    first = top.image * x.height + std::clamp<int64_t>(top.row - p.padding, 0, x.height);
    count = bottom.image * x.height + std::clamp<int64_t>(bottom.row - p.padding + tile_side + p.kernel, 0, x.height) - first;
  }
};

// One tile's output of one vector of channels, transformed back, pooled, activated.
template <int pool>
void finish_pooled_tile(const Problem &p, const Forward &a, const Place &place, int64_t channel, const float *from, int64_t step) {
  Floats half[tile_side][points];
  CTORCH_UNROLL for (int j = 0; j < points; j++) {
    Floats x[points], y[tile_side];
    CTORCH_UNROLL for (int i = 0; i < points; i++) x[i] = load(from + (i * points + j) * step);
    fold<tile_side>(x, y);
    CTORCH_UNROLL for (int i = 0; i < tile_side; i++) half[i][j] = y[i];
  }
  const Floats bias = load(a.bias + channel);
  const int64_t row = place.row / pool, column = place.column / pool, outputs = p.outputs - channel;
  const int64_t first = ((place.image * p.rows + row) * p.columns + column) * p.outputs + channel;
  CTORCH_UNROLL for (int i = 0; i < tile_side / pool; i++) {
    if (row + i >= p.rows) return;
    Floats y[pool][tile_side];
    CTORCH_UNROLL for (int k = 0; k < pool; k++) fold<tile_side>(half[i * pool + k], y[k]);
    CTORCH_UNROLL for (int j = 0; j < tile_side / pool; j++) {
      if (column + j >= p.columns) break;
      const int64_t at = first + (i * p.columns + j) * p.outputs;
      Floats values[pool * pool];
      CTORCH_UNROLL for (int q = 0; q < pool * pool; q++) values[q] = y[q / pool][j * pool + q % pool] + bias;
      finish(p, values, a.output + at, a.positions ? a.positions + at : nullptr, outputs);
    }
  }
}

inline void finish_tile(const Problem &p, const Forward &a, const Place &place, int64_t channel, const float *from, int64_t step) {
  (p.pool == 2 ? finish_pooled_tile<2> : finish_pooled_tile<1>)(p, a, place, channel, from, step);
}

void forward_tiles(const Problem &p, const Tiling &l, const Forward &a, int64_t group) {
  const int64_t first = group * l.group, tiles = std::min(l.group, l.tiles - first);
  const int64_t width = l.vectors * lanes, most = channels_of(p, l, l.parts - 1).width, step = pitch(l, width);
  Images images = inputs(p, a.input);
  const PixelRows rows(images, p, l, first, tiles);
  const int64_t read = a.rounds ? rows.count * images.row() : 0;
  float *spreads = scratch(squared * (pitch(l, most) + step + most) + read + lanes), *products = spreads + squared * pitch(l, most);
  float *copy = products + squared * step;
  if (a.rounds) {
    float *near = copy + squared * most;
    round_all(images.at + rows.first * images.row(), read, near);
    std::fill_n(near + read, lanes, 0.0f);
    images.at = near - rows.first * images.row();
  }
  if (cut_at(p, l, 0).down < points) std::fill_n(products, squared * step, 0.0f);
  for (int64_t piece = 0; piece < l.pieces; piece++)
    for (int64_t part = 0; part < l.parts; part++) {
      const Cut cut = cut_at(p, l, piece);
      const Channels c = channels_of(p, l, part);
      spread_tiles(images, p, l, cut, c, first, tiles, copy, spreads);
      for (int64_t block = 0; block < l.blocks; block++) {
        const Panel panel = panel_at(p, l, piece, part, block);
        for_each_point(cut, [&](int64_t point) {
          multiply_all({.left = spreads + point * pitch(l, c.width),
                        .right = a.weight + panel.offset + point * panel.step,
                        .to = products + point * step + panel.first,
                        .row = c.width,
                        .step = 1,
                        .right_row = panel.width,
                        .to_row = width,
                        .depth = c.count,
                        .add = piece > 0 || part > 0},
                       tiles, panel.width);
        });
      }
    }
  for (int64_t tile = 0; tile < tiles; tile++)
    for (int64_t channel = 0; channel < width; channel += lanes)
      finish_tile(p, a, place_of(l, first + tile), channel, products + tile * width + channel, step);
}

// The output's gradient at the points, all channels.
inline void evaluate_tiles(const Problem &p, const Tiling &l, const float *gradient, int64_t first, int64_t tiles, int64_t width,
                           float *copy, float *to) {
  const Images images{gradient, p.images, p.rows, p.columns, p.outputs};
  for (int64_t tile = 0; tile < tiles; tile++, to += width) {
    const Square<tile_side> square(images, place_of(l, first + tile), {0, width, p.outputs}, copy);
    for (int64_t k = 0; k < width; k += lanes)
      both_ways<tile_side, points>(
          evaluate<tile_side>, [&](int i, int j) { return square(i, j, k); },
          [&](int i, int j, Floats value) { store(to + (i * points + j) * pitch(l, width) + k, value); });
  }
}

void weight_gradient_tiles(const Problem &p, const Tiling &l, const Backward &a, int64_t batch) {
  const int64_t end = l.tiles * (batch + 1) / l.batches, begin = l.tiles * batch / l.batches;
  const int64_t width = l.vectors * lanes, most = channels_of(p, l, l.parts - 1).width;
  float *spreads = scratch(squared * (pitch(l, most) + pitch(l, width) + std::max(most, width)));
  float *values = spreads + squared * pitch(l, most), *copy = values + squared * pitch(l, width);
  float *sums = a.weight_gradient + batch * l.packed;
  for (int64_t first = begin; first < end; first += l.group) {
    const int64_t tiles = std::min(l.group, end - first);
    evaluate_tiles(p, l, a.gradient, first, tiles, width, copy, values);
    for (int64_t piece = 0; piece < l.pieces; piece++)
      for (int64_t part = 0; part < l.parts; part++) {
        const Cut cut = cut_at(p, l, piece);
        const Channels c = channels_of(p, l, part);
        spread_tiles(inputs(p, a.input), p, l, cut, c, first, tiles, copy, spreads);
        for (int64_t block = 0; block < l.blocks; block++) {
          const Panel panel = panel_at(p, l, piece, part, block);
          for_each_point(cut, [&](int64_t point) {
            multiply_all({.left = spreads + point * pitch(l, c.width),
                          .right = values + point * pitch(l, width) + panel.first,
                          .to = sums + panel.offset + point * panel.step,
                          .row = 1,
                          .step = c.width,
                          .right_row = width,
                          .to_row = panel.width,
                          .depth = tiles,
                          .add = first > begin},
                         c.count, panel.width);
          });
        }
      }
  }
}

// Adds one vector of channels of a tile's input gradient to the image.
inline void add_tile(const Problem &p, const Cut &cut, const Place &place, int64_t channel, const float *from, int64_t step, float *image) {
  float values[points][points][lanes];
  both_ways<points, points>(
      gather, [&](int i, int j) { return i < cut.down && j < cut.across ? load(from + (i * points + j) * step) : Floats(0); },
      [&](int i, int j, Floats value) { store(values[i][j], value); });
  const int64_t height = p.height - 2 * p.padding, width = p.width - 2 * p.padding;
  const int64_t row = place.row + cut.row - p.padding, column = place.column + cut.column - p.padding;
  for (int64_t i = std::max<int64_t>(0, -row); i < std::min(points, height - row); i++)
    for (int64_t j = std::max<int64_t>(0, -column); j < std::min(points, width - column); j++) {
      float *to = image + ((row + i) * width + column + j) * p.channels + channel;
      add_some(to, load(values[i][j]), p.channels - channel);
    }
}

// The filters are packed with outputs and channels exchanged, and so is the tiling.
void input_gradient_tiles(const Problem &p, const Tiling &l, const Backward &a, int64_t task) {
  const Problem x = exchanged(p);
  const int64_t per_image = l.down * l.across, last = std::min(p.images, (task + 1) * l.images), size = inputs(p, nullptr).size();
  const int64_t width = l.vectors * lanes, depth = whole(p.outputs, lanes) * lanes;
  float *values = scratch(squared * (pitch(l, depth) + pitch(l, width) + depth)), *products = values + squared * pitch(l, depth);
  float *copy = products + squared * pitch(l, width);
  std::fill(a.input_gradient + task * l.images * size, a.input_gradient + last * size, 0.0f);
  for (int64_t first = task * l.images * per_image; first < last * per_image; first += l.group) {
    const int64_t tiles = std::min(l.group, last * per_image - first);
    evaluate_tiles(p, l, a.gradient, first, tiles, depth, copy, values);
    for (int64_t piece = 0; piece < l.pieces; piece++) {
      const Cut cut = cut_at(p, l, piece);
      for (int64_t part = 0; part < l.parts; part++)
        for (int64_t block = 0; block < l.blocks; block++) {
          const Panel panel = panel_at(x, l, piece, part, block);
          for_each_point(cut, [&](int64_t point) {
            multiply_all({.left = values + point * pitch(l, depth) + panel.channels.first,
                          .right = a.weight + panel.offset + point * panel.step,
                          .to = products + point * pitch(l, width) + panel.first,
                          .row = depth,
                          .step = 1,
                          .right_row = panel.width,
                          .to_row = width,
                          .depth = panel.channels.count,
                          .add = part > 0},
                         tiles, panel.width);
          });
        }
      for (int64_t tile = 0; tile < tiles; tile++) {
        const Place place = place_of(l, first + tile);
        for (int64_t channel = 0; channel < width; channel += lanes)
          add_tile(p, cut, place, channel, products + tile * width + channel, pitch(l, width), a.input_gradient + place.image * size);
      }
    }
  }
}

} // namespace
} // namespace ctorch::convolution
