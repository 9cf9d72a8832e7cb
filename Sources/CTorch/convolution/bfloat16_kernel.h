// The kernels of bfloat16.h for a kind of block: `Block::Session` readies the processor for as long as it lives, and `Block::multiply`
// is the product of a block.
#pragma once

#include "convolution_vectors.h"

namespace ctorch::bfloat16 {
namespace {

using convolution::input_offset;
using convolution::lanes;
using convolution::whole;

using Halves = Half __attribute__((ext_vector_type(lanes)));
using Words = uint32_t __attribute__((ext_vector_type(lanes)));

inline Halves read(const Half *from) {
  Halves v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

// To the nearest, ties to even.
inline Half rounded(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return value == value ? Half((bits + 0x7fff + (bits >> 16 & 1)) >> 16) : Half(0x7fc0);
}

// sums += left × right: rows × depth times depth × columns, all whole blocks.
template <class Block>
inline void multiply(float *sums, int64_t columns, const Half *left, int64_t pitch, const Half *right, int64_t rows, int64_t depth) {
  for (int64_t column = 0; column < columns; column += edge, right += depth * edge)
    for (int64_t row = 0; row < rows; row += edge)
      Block::multiply(sums + row * columns + column, columns, left + row * pitch, pitch, right, depth / edge);
}

// Some rows of cells, counted through the images of a task.
struct Rows {
  int64_t first_image, begin, end, positions, padded; // the last two: up to whole blocks
};

inline Rows rows_at(const Problem &p, const Plan &l, int64_t first_image, int64_t images, int64_t begin) {
  const int64_t end = std::min(begin + l.chunk_rows, images * p.rows), positions = (end - begin) * p.columns * p.pool * p.pool;
  return {first_image, begin, end, positions, whole(positions, edge) * edge};
}

// The part of the input beneath each position, one row of `depth` halves: the kernel's rows one behind the other, then zeros. Copies by
// whole vectors, each over the tail of the one before.
inline void copy_patches(const Problem &p, const Plan &l, const Half *input, const Rows &rows, Half *to) {
  for (int64_t r = rows.begin; r < rows.end; r++)
    for (int64_t column = 0; column < p.columns; column++)
      for (int64_t q = 0; q < p.pool * p.pool; q++, to += l.depth) {
        const Half *from = input + (rows.first_image + r / p.rows) * p.image() + input_offset(p, r % p.rows, column, q);
        for (int64_t k = 0; k < p.kernel; k++, from += p.width * p.channels)
          for (int64_t i = 0; i < p.run(); i += lanes) {
            const auto some = read(from + i);
            std::memcpy(to + k * p.run() + i, &some, sizeof some);
          }
        std::fill(to + p.taps(), to + l.depth, Half(0));
      }
  std::fill_n(to, (rows.padded - rows.positions) * l.depth, Half(0));
}

// The gradient at the position of each maximum, zero everywhere else.
inline void spread_gradient(const Problem &p, const Backward &a, const Rows &rows, Half *to, int64_t position_step, int64_t output_step) {
  const int64_t first = rows.first_image * p.cells() + rows.begin * p.columns, cells = (rows.end - rows.begin) * p.columns;
  for (int64_t cell = 0; cell < cells; cell++) {
    const float *g = a.gradient + (first + cell) * p.outputs;
    const uint8_t *at = a.positions + (first + cell) * p.outputs;
    Half *next = to + cell * p.pool * p.pool * position_step;
    for (int64_t o = 0; o < p.outputs; o++) {
      const float value = at[o] & convolution::below_zero ? (p.slope == 0 ? 0 : g[o] * p.slope) : g[o];
      next[(at[o] & 3) * position_step + o * output_step] = rounded(value);
    }
  }
}

// Patches as the right factor: a product for each position, a column for each tap.
inline void pack_patches(const Plan &l, const Half *patches, int64_t positions, Half *to) {
  for (int64_t column = 0; column < l.depth; column += lanes)
    for (int64_t k = 0; k < positions; k += 2) {
      const Half *from = patches + k * l.depth + column;
      const Words even = __builtin_convertvector(read(from), Words), odd = __builtin_convertvector(read(from + l.depth), Words);
      const Words pairs = even | odd << 16;
      std::memcpy(to + panel_offset(positions, k, column), &pairs, sizeof pairs);
    }
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

template <class Block> void forward(const Problem &p, const Plan &l, const Forward &a, int64_t group) {
  [[maybe_unused]] const typename Block::Session session;
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image), per_cell = p.pool * p.pool;
  Carver memory((l.chunk * l.depth + slack) * int64_t(sizeof(Half)) + l.chunk * l.width * int64_t(sizeof(float)));
  Half *patches = memory.take<Half>(l.chunk * l.depth + slack);
  float *sums = memory.take<float>(l.chunk * l.width);
  for (int64_t begin = 0; begin < images * p.rows; begin += l.chunk_rows) {
    const Rows rows = rows_at(p, l, first_image, images, begin);
    copy_patches(p, l, a.input, rows, patches);
    for (int64_t i = 0; i < rows.padded; i++) std::copy_n(a.bias, l.width, sums + i * l.width);
    multiply<Block>(sums, l.width, patches, l.depth, a.weight, rows.padded, l.depth);
    const int64_t first = first_image * p.cells() + begin * p.columns;
    for (int64_t cell = 0; cell < rows.positions / per_cell; cell++)
      for (int64_t o = 0; o < p.outputs; o += lanes) {
        const int64_t at = (first + cell) * p.outputs + o;
        convolution::finish(p, sums + cell * per_cell * l.width + o, l.width, a.output + at, a.positions ? a.positions + at : nullptr,
                            p.outputs - o);
      }
  }
}

template <class Block> void input_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t group) {
  [[maybe_unused]] const typename Block::Session session;
  const int64_t first_image = group * l.group, images = std::min(l.group, p.images - first_image), line = convolution::patch_slack(p);
  const int64_t image_floats = images * p.image() + 2 * line, patch_floats = l.chunk * l.depth + 2 * line;
  Carver memory(l.chunk * l.width * int64_t(sizeof(Half)) + (image_floats + patch_floats + p.run() + 2 * line) * int64_t(sizeof(float)));
  Half *gradient = memory.take<Half>(l.chunk * l.width);
  float *image = memory.take<float>(image_floats) + line, *patches = memory.take<float>(patch_floats) + line;
  int32_t *mask = memory.take<int32_t>(p.run() + 2 * line) + line;
  std::fill_n(mask - line, p.run() + 2 * line, 0);
  std::fill_n(mask, p.run(), -1);
  std::fill_n(image - line, image_floats, 0.0f);
  for (int64_t begin = 0; begin < images * p.rows; begin += l.chunk_rows) {
    const Rows rows = rows_at(p, l, first_image, images, begin);
    std::fill_n(gradient, rows.padded * l.width, Half(0));
    spread_gradient(p, a, rows, gradient, l.width, 1);
    std::fill_n(patches - line, rows.padded * l.depth + 2 * line, 0.0f);
    multiply<Block>(patches, l.depth, gradient, l.width, a.weight, rows.padded, l.width);
    for (int64_t r = rows.begin; r < rows.end; r++)
      convolution::add_patches(p, l.depth, patches + (r - rows.begin) * p.columns * p.pool * p.pool * l.depth, r % p.rows, mask,
                               image + r / p.rows * p.image());
  }
  std::copy_n(image, images * p.image(), a.input_gradient + first_image * p.image());
}

template <class Block> void weight_gradient(const Problem &p, const Plan &l, const Backward &a, int64_t batch) {
  [[maybe_unused]] const typename Block::Session session;
  const int64_t first_image = p.images * batch / l.batches, images = p.images * (batch + 1) / l.batches - first_image;
  float *sums = a.weight_gradient + batch * l.sums();
  std::fill_n(sums, l.sums(), 0.0f);
  Carver memory((l.chunk * (2 * l.depth + l.width) + slack) * int64_t(sizeof(Half)));
  Half *patches = memory.take<Half>(l.chunk * l.depth + slack), *packed = memory.take<Half>(l.chunk * l.depth);
  Half *gradient = memory.take<Half>(l.chunk * l.width);
  for (int64_t begin = 0; begin < images * p.rows; begin += l.chunk_rows) {
    const Rows rows = rows_at(p, l, first_image, images, begin);
    copy_patches(p, l, a.input, rows, patches);
    pack_patches(l, patches, rows.padded, packed);
    std::fill_n(gradient, l.width * rows.padded, Half(0));
    spread_gradient(p, a, rows, gradient, 1, rows.padded);
    multiply<Block>(sums, l.depth, gradient, rows.padded, packed, l.width, rows.padded);
  }
}

template <class Block>
constexpr Kernels all = {.forward = forward<Block>, .input_gradient = input_gradient<Block>, .weight_gradient = weight_gradient<Block>};

} // namespace
} // namespace ctorch::bfloat16
