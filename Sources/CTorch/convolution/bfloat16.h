// Convolution with operands in bfloat16: the factors of every product are rounded to it, sums are float32. Everything is a
// product of matrices in blocks of 32×32, and only the block differs between sets of instructions (docs/kernels.md).
#pragma once

#include "convolution.h"

namespace ctorch::bfloat16 {

using convolution::Problem;
using convolution::Strides;

using Half = uint16_t; // the upper half of a float32's bits

constexpr int64_t edge = 32;           // of a block: 32 rows, 32 columns, and sums over 32 products at a time
constexpr int64_t tile = 16;           // rows and columns of a tile: a block has 2×2
constexpr int64_t panel = edge * edge; // halves of the right factor for one block and 32 products
constexpr int64_t slack = 16;          // halves that may be read, not used, behind the images

// How a problem is cut, from its shapes alone: so bits do not depend on the number of threads.
struct Plan {
  int64_t depth, width;                          // taps and outputs, up to whole blocks
  int64_t group, groups;                         // images to one task, and tasks, forward and for the input's gradient
  int64_t batches;                               // tasks of the weight's gradient, each with sums of its own
  int64_t chunk_rows, chunk;                     // rows of cells taken at once, and their positions, up to whole blocks
  int64_t sums() const { return width * depth; } // of one batch
};

Plan make_plan(const Problem &);

// The right factor of a product lies in panels, [32 columns][32 products][tile][pair of products][column][product], as the
// instructions want it: two products beside each other.
inline int64_t panel_offset(int64_t depth, int64_t k, int64_t column) {
  const int64_t place = (k % edge / 2) * 2 * tile + column % tile * 2 + k % 2;
  return (column / edge * (depth / edge) + k / edge) * panel + column % edge / tile * (panel / 2) + place;
}

struct Forward {
  const Half *input;  // images × image(), slack behind
  const Half *weight; // panels: a product for each tap, a column for each output
  const float *bias;  // width
  float *output;      // images × cells() × outputs
  uint8_t *positions; // likewise, or null
};

struct Backward {
  const Half *input;        // for the weight's gradient
  const Half *weight;       // for the input's: panels, a product for each output, a column for each tap
  const float *gradient;    // images × cells() × outputs
  const uint8_t *positions; // likewise
  float *input_gradient;    // images × image()
  float *weight_gradient;   // batches × width × depth
};

struct Kernels {
  // Tasks, each to be called for every index below the count named.
  void (*forward)(const Problem &, const Plan &, const Forward &, int64_t group);          // groups
  void (*input_gradient)(const Problem &, const Plan &, const Backward &, int64_t group);  // groups
  void (*weight_gradient)(const Problem &, const Plan &, const Backward &, int64_t batch); // batches
};

extern const Kernels tiles; // in plain C++, for tests: slower than float32
extern const Kernels amx;   // on x86-64 only

} // namespace ctorch::bfloat16
