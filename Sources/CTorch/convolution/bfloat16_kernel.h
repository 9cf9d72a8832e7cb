// The kernels of bfloat16.h for a kind of block: `Block::Session` readies the processor for as long as it lives, and `Block::multiply`
// is the product of a block.
#pragma once

#include "convolution_weights.h"

namespace ctorch::bfloat16 {
namespace {

using convolution::Floats;
using convolution::input_offset;
using convolution::lanes;
using convolution::whole;
using convolution::Words;

using Halves = Half __attribute__((ext_vector_type(lanes)));

inline Halves in_halves(Floats value) {
  const Floats near = convolution::rounded(value);
  Words bits;
  std::memcpy(&bits, &near, sizeof bits);
  return __builtin_convertvector(value == value ? bits >> 16 : Words(0x7fc0), Halves);
}

inline void round_all(const float *from, int64_t count, Half *to) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto some = in_halves(convolution::load(from + i));
    std::memcpy(to + i, &some, sizeof some);
  }
  for (; i < count; i++) to[i] = in_halves(from[i])[0];
}

inline Plan make_plan(const Problem &p) {
  constexpr int64_t cached = 256 * 1024; // halves of patches at once
  Plan l{};
  const int64_t row = p.columns * p.pool * p.pool;
  l.depth = whole(p.taps(), edge) * edge;
  l.width = whole(p.outputs, edge) * edge;
  l.group = std::clamp<int64_t>(whole(256, p.positions()), 1, p.images);
  l.groups = whole(p.images, l.group);
  l.chunk_rows = std::max<int64_t>(1, std::min(cached / l.depth, int64_t(512)) / row);
  l.chunk = whole(l.chunk_rows * row, edge) * edge;
  return l;
}

// Carves a thread's scratch memory, lines of 64 bytes.
class Carver {
public:
  template <class T> T *take(int64_t count) {
    T *taken = reinterpret_cast<T *>(next);
    next += whole(count * int64_t(sizeof(T)), 64) * 16;
    return taken;
  }
  explicit Carver(int64_t bytes) : next(scratch(whole(bytes, 4) + 16 * 8)) {} // a line for each of up to eight pieces

private:
  float *next;
};

// A block of outputs: their kernels, rounded, a row each; then squares of 16 outputs × 16 pairs of taps are transposed.
inline void pack(const Problem &p, const Plan &l, const float *weight, Strides s, Half *to, int64_t block) {
  Carver memory(p.taps() * int64_t(sizeof(float)) + edge * l.depth * int64_t(sizeof(Half)));
  float *kernel = memory.take<float>(p.taps());
  Half *rows = memory.take<Half>(edge * l.depth);
  for (int64_t i = 0; i < edge; i++) {
    const int64_t output = block * edge + i, real = output < p.outputs ? p.taps() : 0;
    if (real > 0) convolution::order_kernel(p, weight + output * s.output, s, kernel);
    round_all(kernel, real, rows + i * l.depth);
    std::fill(rows + i * l.depth + real, rows + (i + 1) * l.depth, Half(0));
  }
  auto *pairs = reinterpret_cast<float *>(rows), *out = reinterpret_cast<float *>(to + block * edge * l.depth);
  for (int64_t k = 0; k < l.depth / 2; k += tile)
    for (int64_t column = 0; column < edge; column += tile, out += panel / 4)
      convolution::transpose(pairs + column * l.depth / 2 + k, l.depth / 2, tile, tile, out, tile);
}

// sums += left × right: rows × depth times depth × columns, all whole blocks. Some products at a time, for which the caches keep what
// several blocks read.
template <class Block>
inline void multiply(float *sums, int64_t columns, const Half *left, const Half *right, int64_t rows, int64_t depth) {
  constexpr int64_t at_once = 1024;
  for (int64_t k = 0; k < depth; k += at_once)
    for (int64_t row = 0; row < rows; row += edge)
      for (int64_t column = 0; column < columns; column += edge)
        Block::multiply(sums + row * columns + column, columns, left + row * depth + k, depth, right + column * depth + k * edge,
                        std::min(at_once, depth - k) / edge);
}

// The part of the input beneath each position of some rows of cells, counted through the images, one row of `depth` halves: the kernel's
// rows one behind the other, then zeros. Copies by whole vectors, each over the tail of the one before.
inline void copy_patches(const Problem &p, const Plan &l, const Half *input, int64_t begin, int64_t end, int64_t padded, Half *to) {
  Half *const behind = to + padded * l.depth;
  for (int64_t r = begin; r < end; r++)
    for (int64_t column = 0; column < p.columns; column++)
      for (int64_t q = 0; q < p.pool * p.pool; q++, to += l.depth) {
        const Half *from = input + r / p.rows * p.image() + input_offset(p, r % p.rows, column, q);
        for (int64_t k = 0; k < p.kernel; k++, from += p.width * p.channels)
          for (int64_t i = 0; i < p.run(); i += lanes) std::memcpy(to + k * p.run() + i, from + i, lanes * sizeof(Half));
        std::fill(to + p.taps(), to + l.depth, Half(0));
      }
  std::fill(to, behind, Half(0));
}

// By Benchmarks/fit_tiled_cost.py --instructions amx on an Intel Xeon (Emerald Rapids); as in tiled_cost the unit is a product of a number
// with a vector.
constexpr double cost_of_block = 238, cost_of_copy = 4.2, cost_of_output = 41, cost_of_weight = 39;

inline double gain(const Problem &p, const Plan &l) {
  const int64_t positions = p.images * p.positions(), rows = whole(positions, edge) * edge;
  const double cost = cost_of_block * double(rows * l.width / edge * l.depth / panel) +
                      cost_of_copy * double(positions * p.kernel * whole(p.run(), lanes)) +
                      cost_of_output * double(rows * l.width / lanes) + cost_of_weight * double(l.width * l.depth / lanes);
  return double(positions * p.taps() * whole(p.outputs, lanes)) / cost;
}

template <class Block> void forward(const Problem &p, const Plan &l, const Forward &a, int64_t group) {
  [[maybe_unused]] const typename Block::Session session;
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image), per_cell = p.pool * p.pool;
  const int64_t halves = images * p.image(), patched = l.chunk * l.depth;
  Carver memory((halves + patched + 2 * slack) * int64_t(sizeof(Half)) + l.chunk * l.width * int64_t(sizeof(float)));
  Half *input = memory.take<Half>(halves + slack), *patches = memory.take<Half>(patched + slack);
  float *sums = memory.take<float>(l.chunk * l.width);
  round_all(a.input + first_image * p.image(), halves, input);
  std::fill_n(input + halves, slack, Half(0));
  for (int64_t begin = 0; begin < images * p.rows; begin += l.chunk_rows) {
    const int64_t end = std::min(begin + l.chunk_rows, images * p.rows), cells = (end - begin) * p.columns;
    const int64_t padded = whole(cells * per_cell, edge) * edge, first = first_image * p.cells() + begin * p.columns;
    copy_patches(p, l, input, begin, end, padded, patches);
    for (int64_t i = 0; i < padded; i++) std::copy_n(a.bias, l.width, sums + i * l.width);
    multiply<Block>(sums, l.width, patches, reinterpret_cast<const Half *>(a.weight), padded, l.depth);
    for (int64_t cell = 0; cell < cells; cell++)
      for (int64_t o = 0; o < p.outputs; o += lanes) {
        const int64_t at = (first + cell) * p.outputs + o;
        convolution::finish(p, sums + cell * per_cell * l.width + o, l.width, a.output + at, a.positions ? a.positions + at : nullptr,
                            p.outputs - o);
      }
  }
}

template <class Block> constexpr Kernels all = {.plan = make_plan, .gain = gain, .pack = pack, .forward = forward<Block>};

} // namespace
} // namespace ctorch::bfloat16
