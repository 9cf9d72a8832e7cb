// Winograd's minimal filtering, fewer multiplications for what is dense: matrices, products and tiling of convolution_tiles.h.
// After Lavin & Gray, arXiv:1509.09308; the construction by points is Toom and Cook's.
//
// In one dimension, four outputs y of three taps g over six inputs d are
//
//     y = Aᵀ[(G g) ⊙ (Bᵀ d)]        six products instead of twelve, and in two dimensions 36 instead of 144.
//
// A filter stands for the polynomial g0 + g1 x + g2 x², four gradients of outputs for one of degree three: G and A evaluate them
// at six points, 0, ±p, ±q and ∞, where it is the last coefficient that counts:
//
//     value at x:  Σ xⁱ aᵢ           at ∞:  aₙ₋₁          `evaluate`; its transpose is `fold`
//
// Products of values are values of the product; it is of degree five, and six points determine it: Bᵀ is Lagrange's interpolation,
// transposed. With M(x) = x(x² − p²)(x² − q²), its rows are the coefficients of M(x)/(x − point), and of M for ∞: `spread`; its
// transpose is `gather`. Lagrange's denominators, M'(point), are divided out of the filters: `scales`. In two dimensions
//
//     forward                              Y = Aᵀ[Σ (G g Gᵀ) ⊙ (Bᵀ d B)]A           Σ over input channels
//     gradient of the input               dd = B[Σ (G g Gᵀ) ⊙ (A dY Aᵀ)]Bᵀ          Σ over output channels; squares overlap and add up
//     gradient of the weight              dg = Gᵀ[Σ (A dY Aᵀ) ⊙ (Bᵀ d B)]G          Σ over tiles
//
// and each Σ is one product of matrices for each of the 36 points. Larger kernels are cut into pieces of three and two taps: forward,
// their products add up before the last transformation. With two taps nothing is at ∞, and those points are left out: 5×5 is
// (6 + 5)² = 121 products for 16 outputs instead of 400.
//
// The points 0, ±5/8, ±3/2, ∞ are exact in float32, as are their powers, and lose a third of what the usual ±1, ±2 do:
// docs/kernels.md.
#pragma once

#include "convolution_products.h"
#include "convolution_weights.h"

namespace ctorch::convolution {
namespace {

constexpr int64_t tile_side = 4; // of the output
constexpr int64_t points = 6, squared = points * points;
constexpr float p1 = 5.0f / 8, p2 = p1 * p1, p3 = p2 * p1, q1 = 3.0f / 2, q2 = q1 * q1, q3 = q2 * q1;
constexpr std::array<float, points> scales = {
    1 / (p2 * q2), 1 / (2 * p2 * (p2 - q2)), 1 / (2 * p2 * (p2 - q2)), 1 / (2 * q2 * (q2 - p2)), 1 / (2 * q2 * (q2 - p2)), 1};

// The points are in the order 0, p, −p, q, −q, ∞.
template <int n> inline void evaluate(const Floats (&a)[n], Floats (&value)[points]) {
  Floats even_p = times_plus(p2, a[2], a[0]), even_q = times_plus(q2, a[2], a[0]), odd_p = a[1] * p1, odd_q = a[1] * q1;
  if constexpr (n == 4) {
    odd_p = times_plus(p3, a[3], odd_p);
    odd_q = times_plus(q3, a[3], odd_q);
  }
  value[0] = a[0];
  value[1] = even_p + odd_p;
  value[2] = even_p - odd_p;
  value[3] = even_q + odd_q;
  value[4] = even_q - odd_q;
  value[5] = a[n - 1];
}

template <int n> inline void fold(const Floats (&value)[points], Floats (&a)[n]) {
  const Floats even_p = value[1] + value[2], even_q = value[3] + value[4], odd_p = value[1] - value[2], odd_q = value[3] - value[4];
  a[0] = value[0] + even_p + even_q;
  a[1] = times_plus(p1, odd_p, odd_q * q1);
  a[2] = times_plus(p2, even_p, even_q * q2);
  if constexpr (n == 4) a[3] = times_plus(p3, odd_p, odd_q * q3);
  a[n - 1] += value[5];
}

inline void spread(const Floats (&d)[points], Floats (&t)[points]) {
  const Floats even_p = times_plus(-q2, d[2], d[4]), even_q = times_plus(-p2, d[2], d[4]);
  const Floats odd_p = times_plus(-q2, d[1], d[3]), odd_q = times_plus(-p2, d[1], d[3]);
  t[0] = times_plus(p2 * q2, d[0], times_plus(-(p2 + q2), d[2], d[4]));
  t[1] = times_plus(p1, odd_p, even_p);
  t[2] = times_plus(-p1, odd_p, even_p);
  t[3] = times_plus(q1, odd_q, even_q);
  t[4] = times_plus(-q1, odd_q, even_q);
  t[5] = times_plus(p2 * q2, d[1], times_plus(-(p2 + q2), d[3], d[5]));
}

// The transpose of `spread`.
inline void gather(const Floats (&t)[points], Floats (&d)[points]) {
  const Floats even_p = t[1] + t[2], even_q = t[3] + t[4], odd_p = (t[1] - t[2]) * p1, odd_q = (t[3] - t[4]) * q1;
  d[0] = t[0] * (p2 * q2);
  d[1] = times_plus(p2 * q2, t[5], times_plus(-q2, odd_p, odd_q * -p2));
  d[2] = times_plus(-(p2 + q2), t[0], times_plus(-q2, even_p, even_q * -p2));
  d[3] = times_plus(-(p2 + q2), t[5], odd_p + odd_q);
  d[4] = t[0] + even_p + even_q;
  d[5] = t[5];
}

// One of the above for all columns, then for all rows: write(i, j, …) of what read(i, j) gives.
template <int from, int to, class Line, class Read, class Write>
inline void both_ways(const Line &line, const Read &read, const Write &write) {
  Floats half[to][from];
  CTORCH_UNROLL for (int j = 0; j < from; j++) {
    Floats x[from], y[to];
    CTORCH_UNROLL for (int i = 0; i < from; i++) x[i] = read(i, j);
    line(x, y);
    CTORCH_UNROLL for (int i = 0; i < to; i++) half[i][j] = y[i];
  }
  CTORCH_UNROLL for (int i = 0; i < to; i++) {
    Floats y[to];
    line(half[i], y);
    CTORCH_UNROLL for (int j = 0; j < to; j++) write(i, j, y[j]);
  }
}

// A piece of the kernel: its first tap and the points of a side.
struct Cut {
  int64_t row, column, down, across;
};

inline Cut cut_at(const Problem &p, const Tiling &l, int64_t piece) {
  // The first is never smaller than another, so that it reaches every point that any does.
  auto begin = [&](int64_t i) { return whole(p.kernel * i, l.side); };
  const int64_t i = piece / l.side, j = piece % l.side;
  return {begin(i), begin(j), 3 + begin(i + 1) - begin(i), 3 + begin(j + 1) - begin(j)};
}

// Calls body(point) for those that a piece reaches.
template <class Body> inline void for_each_point(const Cut &cut, const Body &body) {
  for (int64_t i = 0; i < cut.down; i++)
    for (int64_t j = 0; j < cut.across; j++) body(i * points + j);
}

// A part of one piece's input channels, `width` whole vectors from `first` on, of which `count` channels are real.
struct Channels {
  int64_t first, width, count;
};

inline Channels channels_of(const Problem &p, const Tiling &l, int64_t part) {
  const int64_t vectors = whole(p.channels, lanes), first = vectors * part / l.parts * lanes;
  const int64_t width = vectors * (part + 1) / l.parts * lanes - first;
  return {first, width, std::min(width, p.channels - first)};
}

// Filters, and their gradients, lie in panels as [point][channel][the block's output channels]. In whatever has the points apart, a
// line of the cache is left out between them, so that they do not all fall into the same of its sets.
constexpr int64_t gap = 16;

struct Panel {
  Cut cut;
  Channels channels;
  int64_t first, width, step, offset; // output channels; floats between points, and before the panel
};

inline Panel panel_at(const Problem &p, const Tiling &l, int64_t piece, int64_t part, int64_t block) {
  const Channels c = channels_of(p, l, part);
  const int64_t first = l.vectors * block / l.blocks * lanes, width = l.vectors * (block + 1) / l.blocks * lanes - first;
  const int64_t index = (piece * l.parts + part) * l.blocks + block;
  const int64_t before = l.vectors * lanes * (piece * p.channels + c.first) + c.count * first;
  return {cut_at(p, l, piece), c, first, width, c.count * width + gap, squared * (before + index * gap)};
}

inline Panel panel_at(const Problem &p, const Tiling &l, int64_t index) {
  return panel_at(p, l, index / l.blocks / l.parts, index / l.blocks % l.parts, index % l.blocks);
}

// What tiles cost, in products of a number with a vector: those at the points of a tile, whose loop costs as much as `loop_of_point`
// channels; the transformations of vectors of a tile's input, for each piece, and of its output; of vectors of filters; and floats of
// these that no cache holds.
constexpr int64_t near_filters = 1 << 21;

inline double tiled_cost(const Problem &p, const Tiling &l) {
  using Cost = Processor;
  const double inputs = double(whole(p.channels, lanes)), outputs = double(l.vectors), pieces = double(l.pieces);
  const auto reached = double((3 * l.side + p.kernel) * (3 * l.side + p.kernel)); // points of all pieces
  const double tile = Cost::cost_of_point_channel * reached * (double(p.channels) + Cost::loop_of_point) * outputs +
                      Cost::cost_of_input_vector * pieces * inputs + Cost::cost_of_output_vector * outputs;
  return double(l.tiles) * tile + Cost::cost_of_filter * pieces * double(p.channels) * outputs +
         Cost::cost_of_far_filter * double(std::max<int64_t>(0, l.packed - near_filters));
}

constexpr int64_t most_terms = 64; // pieces × channels that are few

// For few channels (convolution_shifts.h): the loop of a point goes over all pieces, and a row of pixels is transformed once for each of
// the kernel's rows of pieces.
inline double shifted_cost(const Problem &p, const Tiling &l) {
  using Cost = Processor;
  const auto reached = double((3 * l.side + p.kernel) * (3 * l.side + p.kernel)), vectors = double(l.vectors);
  const double tile = Cost::cost_of_point_channel * (reached * double(p.channels) + double(squared) * Cost::loop_of_point);
  const double row = double(l.side * whole((tile_side * l.across + p.kernel - tile_side) * p.channels, lanes));
  return double(l.tiles) * (tile + Cost::cost_of_output_vector) * vectors + double(p.images * l.down) * row * Cost::cost_of_input_vector +
         Cost::cost_of_filter * double(l.pieces * p.channels) * vectors;
}

constexpr int64_t most_memory = 1 << 25; // in floats, for filters and for what a thread holds

Tiling make_tiling(const Problem &p) {
  Tiling l{};
  l.side = whole(p.kernel, 3);
  l.pieces = l.side * l.side;
  l.vectors = whole(p.outputs, lanes);
  l.blocks = whole(l.vectors, tile_vectors);
  l.parts = whole(p.channels, 64);
  l.panels = l.pieces * l.parts * l.blocks;
  l.packed = squared * (l.pieces * p.channels * l.vectors * lanes + l.panels * gap);
  l.down = whole(p.rows * p.pool, tile_side);
  l.across = whole(p.columns * p.pool, tile_side);
  l.tiles = p.images * l.down * l.across;
  l.group = std::clamp<int64_t>(whole(l.tiles, 8), 24, 72) / 12 * 12; // all registers' rows are full
  // Every group reads all filters: where no cache holds them, few groups, of which two threads get the same.
  if (l.packed > near_filters) l.group = whole(l.tiles, 2 * whole(l.tiles, 72));
  l.groups = whole(l.tiles, l.group);
  l.batches = std::clamp<int64_t>(std::min(l.groups / 4, most_memory / l.packed), 1, 24);
  l.images = std::min(p.images, whole(l.group, l.down * l.across));
  if (p.stride > 1 || p.kernel == 1 || l.packed > most_memory || l.group * l.vectors * lanes * squared > most_memory) return l;
  // The other way's gradients go by vectors over a row of the kernel. ReLU leaves half of their products.
  const double tiled = tiled_cost(p, l), products = double(p.images * p.positions() * p.taps());
  l.gain = products * double(l.vectors) / tiled;
  if (l.pieces * p.channels <= most_terms) l.gain_by_shifts = products * double(l.vectors) / shifted_cost(p, l);
  const double by_sums = products * double(p.outputs) / double(lanes) * Processor::cost_of_gradient_by_sums;
  l.gradient = p.pool == 1 && tiled < (p.slope == 0 ? by_sums / 2 : by_sums);
  return l;
}

} // namespace
} // namespace ctorch::convolution
