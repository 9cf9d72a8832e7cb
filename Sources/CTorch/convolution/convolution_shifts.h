// Winograd's way forward for few input channels. A vector there is not one of channels but of neighbouring floats of a row of pixels: it is
// transformed as the squares of pixels that begin at each of them.
//
//     row of pixels      d0 d1 d2 d3 d4 d5 …            one transformation gives
//     transformed        t0 t1 t2 t3 t4 t5 …            tᵢ: the square from pixel i on, at each of the 36 points
//                        └ tile 0, its pieces from taps 0, 3, 6:  t0 t3 t6        tile 1:  t4 t7 t10        …
//
// So hardly any is not needed, and all pieces of the kernel and all channels are one product for each point, summed in registers. With
// one channel and a kernel of 9×9, these are 324 products instead of 1296.
#pragma once

#include "convolution_tiles.h"

namespace ctorch::convolution {
namespace {

// A strip is a row of tiles. So many are taken at once that the registers' rows are full.
struct Shifts {
  int64_t strips; // taken at once
  int64_t height; // rows of pixels that a strip reads
  int64_t line;   // floats of a transformed row, whole vectors
  int64_t pitch;  // floats of a row of pixels, zeros behind the image
  int64_t step;   // floats of all transformed rows of a point

  Shifts(const Problem &p, const Tiling &l) {
    const int64_t last = cut_at(p, l, l.pieces - 1).row;
    strips = std::max<int64_t>(1, most_rows<tile_vectors> / l.across);
    height = last + points;
    line = whole((tile_side * (l.across - 1) + last + 1) * p.channels, lanes) * lanes;
    pitch = whole(line + (points - 1) * p.channels, lanes) * lanes;
    step = strips * l.side * line + gap;
  }
};

// Transforms a strip's rows of pixels: to [point][row of the kernel's pieces][pixel][channel].
inline void spread_strip(const Problem &p, const Tiling &l, const Shifts &s, const Images &x, bool rounds, int64_t strip, float *frame,
                         float *to) {
  const int64_t image = strip / l.down, top = strip % l.down * tile_side - p.padding, side = p.padding * p.channels;
  std::fill_n(frame, s.height * s.pitch, 0.0f);
  const int64_t end = std::min(x.height, top + s.height), width = std::min(x.row(), s.pitch - side);
  for (int64_t row = std::max<int64_t>(0, top); row < end; row++) {
    const float *from = x.pixel(image, row, 0);
    float *next = frame + (row - top) * s.pitch + side;
    if (rounds)
      round_all(from, width, next);
    else
      std::copy_n(from, width, next);
  }
  for (int64_t piece = 0; piece < l.side; piece++, to += s.line) {
    const float *from = frame + cut_at(p, l, piece * l.side).row * s.pitch;
    for (int64_t at = 0; at < s.line; at += lanes)
      both_ways<points, points>(
          spread, [&](int i, int j) { return load(from + i * s.pitch + j * p.channels + at); },
          [&](int i, int j, Floats value) { store(to + (i * points + j) * s.step + at, value); });
  }
}

// What a point's product sums up: where a term's pixel lies behind the tile's first, and its filters behind the block's first.
struct Terms {
  int64_t count = 0, pixel[most_terms], filter[most_terms];
};

// Of the pieces that reach a point, for blocks of some width: a square's last row, and its last column, are those of three taps alone.
inline Terms terms_of(const Problem &p, const Tiling &l, const Shifts &s, int64_t width, bool last_row, bool last_column) {
  Terms terms;
  for (int64_t piece = 0; piece < l.pieces; piece++) {
    const Panel panel = panel_at(p, l, piece, 0, 0);
    if ((last_row && panel.cut.down < points) || (last_column && panel.cut.across < points)) continue;
    for (int64_t channel = 0; channel < p.channels; channel++, terms.count++) {
      terms.pixel[terms.count] = piece / l.side * s.line + panel.cut.column * p.channels + channel;
      terms.filter[terms.count] = panel.offset + channel * width;
    }
  }
  return terms;
}

// to[tile][output] = Σ over the terms of spreads[tiles[tile] + pixel] × filters[filter + output]
template <int count, int rows>
void multiply_terms(const Terms &terms, const int64_t *tiles, const float *spreads, const float *filters, float *to) {
  Floats sum[rows][count];
  CTORCH_UNROLL for (int i = 0; i < rows; i++) { CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = 0; }
  const float *x[rows];
  CTORCH_UNROLL for (int i = 0; i < rows; i++) x[i] = spreads + tiles[i];
  for (int64_t k = 0; k < terms.count; k++) {
    Floats factor[count];
    CTORCH_UNROLL for (int v = 0; v < count; v++) factor[v] = load(filters + terms.filter[k] + v * lanes);
    CTORCH_UNROLL for (int i = 0; i < rows; i++) {
      const Floats value = x[i][terms.pixel[k]];
      CTORCH_UNROLL for (int v = 0; v < count; v++) sum[i][v] = times_plus(value, factor[v], sum[i][v]);
    }
  }
  CTORCH_UNROLL for (int i = 0; i < rows; i++) {
    CTORCH_UNROLL for (int v = 0; v < count; v++) store(to + (i * count + v) * lanes, sum[i][v]);
  }
}

using TermsProduct = void (*)(const Terms &, const int64_t *, const float *, const float *, float *);

template <int count, size_t... i> constexpr std::array<TermsProduct, sizeof...(i)> all_terms(std::index_sequence<i...>) {
  return {multiply_terms<count, int(i) + 1>...};
}

// The same for both widths of a block, so that tiles are cut alike.
constexpr int64_t most_tiles = most_rows<tile_vectors>;
constexpr auto narrow_terms = all_terms<1>(std::make_index_sequence<most_tiles>()),
               wide_terms = all_terms<tile_vectors>(std::make_index_sequence<most_tiles>());

// The terms of all points, and the product, for blocks of one width.
struct Width {
  Terms terms[2][2]; // last row, last column
  const TermsProduct *products;

  Width(const Problem &p, const Tiling &l, const Shifts &s, int64_t width) : products((width == lanes ? narrow_terms : wide_terms).data()) {
    for (int row = 0; row < 2; row++)
      for (int column = 0; column < 2; column++) terms[row][column] = terms_of(p, l, s, width, row > 0, column > 0);
  }
};

void forward_shifts(const Problem &p, const Tiling &l, const Forward &a, int64_t task) {
  const Shifts s(p, l);
  const Width widths[2] = {{p, l, s, lanes}, {p, l, s, tile_vectors * lanes}};
  constexpr int64_t step = most_tiles * tile_vectors * lanes + gap;
  float *frame = scratch(s.height * s.pitch + squared * (s.step + step));
  float *spreads = frame + s.height * s.pitch, *products = spreads + squared * s.step;
  const Images images = inputs(p, a.input);
  const int64_t end = std::min(p.images, (task + 1) * l.images) * l.down;
  for (int64_t strip = task * l.images * l.down; strip < end; strip += s.strips) {
    const int64_t some = std::min(s.strips, end - strip), tiles = some * l.across, steps = whole(tiles, most_tiles);
    for (int64_t i = 0; i < some; i++) spread_strip(p, l, s, images, a.rounds, strip + i, frame, spreads + i * l.side * s.line);
    for (int64_t i = 0; i < steps; i++) {
      const int64_t first = tiles * i / steps, count = tiles * (i + 1) / steps - first;
      int64_t at[most_tiles];
      Place places[most_tiles];
      for (int64_t tile = 0; tile < count; tile++) {
        at[tile] = (first + tile) / l.across * l.side * s.line + (first + tile) % l.across * tile_side * p.channels;
        places[tile] = place_of(l, strip * l.across + first + tile);
      }
      for (int64_t block = 0; block < l.blocks; block++) {
        const Panel panel = panel_at(p, l, 0, 0, block);
        const Width &width = widths[panel.width > lanes];
        const TermsProduct multiply = width.products[count - 1];
        for (int row = 0; row < points; row++)
          for (int column = 0; column < points; column++) {
            const int64_t point = row * points + column;
            multiply(width.terms[row == points - 1][column == points - 1], at, spreads + point * s.step,
                     a.weight + panel.offset + point * panel.step, products + point * step);
          }
        for (int64_t tile = 0; tile < count; tile++)
          for (int64_t o = 0; o < panel.width; o += lanes)
            finish_tile(p, a, places[tile], panel.first + o, products + tile * panel.width + o, step);
      }
    }
  }
}

} // namespace
} // namespace ctorch::convolution
