// The forward pass of a convolution with operands in bfloat16 as a product of matrices in blocks of 32×32: the factors of every product
// are rounded to it, sums are float32. Only the block differs between sets of instructions (docs/kernels.md).
#pragma once

#include "convolution.h"

namespace ctorch::bfloat16 {

using convolution::Forward;
using convolution::Problem;
using convolution::Strides;

using Half = uint16_t; // the upper half of a float32's bits

constexpr int64_t edge = 32;           // of a block: 32 rows, 32 columns, and sums over 32 products at a time
constexpr int64_t tile = 16;           // rows and columns of a tile: a block has 2×2
constexpr int64_t panel = edge * edge; // halves of the right factor for one block and 32 products
constexpr int64_t slack = 16;          // halves that may be read, not used, behind the images

// How a problem is cut, from its shapes alone: so bits do not depend on the number of threads.
struct Plan {
  int64_t depth, width;      // taps and outputs, up to whole blocks
  int64_t group, groups;     // images to one task, and tasks
  int64_t chunk_rows, chunk; // rows of cells taken at once, and their positions, up to whole blocks
};

// The right factor of a product lies in panels, [32 columns][32 products][tile][pair of products][column][product], as the
// instructions want it: two products beside each other.
struct Kernels {
  Plan (*plan)(const Problem &);
  double (*gain)(const Problem &, const Plan &); // how much faster they are than sums in float32, by the fitted cost
  // Tasks, each to be called for every index below the count named. Forward's weight points to halves.
  void (*pack)(const Problem &, const Plan &, const float *weight, Strides, Half *to, int64_t block); // of 32 outputs
  void (*forward)(const Problem &, const Plan &, const Forward &, int64_t group);                     // groups
};

extern const Kernels tiles; // in plain C++, for tests: slower than float32
extern const Kernels amx;   // on x86-64 only

} // namespace ctorch::bfloat16
