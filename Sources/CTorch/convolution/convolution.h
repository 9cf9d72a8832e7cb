// Convolution + bias + maximum over 2×2 + activation as one operator: what its kernels and their caller share. The layout
// of the data is drawn in docs/kernels.md.
#pragma once

#include "scratch.h"

#include <cstdint>
#include <utility>

namespace ctorch::convolution {

// Images are N×H×W×C in memory (channels last). A "cell" is one pixel of the output, pooled or not; it has pool × pool
// positions in the convolution's own output, numbered row by row.
struct Problem {
  int64_t images, channels, height, width; // of the input, its padding included
  int64_t outputs, kernel, stride, pool;
  float slope;           // of the activation below zero: 0 is ReLU, 1 none
  int64_t rows, columns; // of the output
  int64_t padding;       // on each side of the input

  int64_t image() const { return height * width * channels; }
  int64_t run() const { return kernel * channels; } // adjacent in memory under one row of the kernel
  int64_t taps() const { return kernel * run(); }
  int64_t cells() const { return rows * columns; }
  int64_t positions() const { return cells() * pool * pool; }
};

// For the input's gradient: the same with input and output channels exchanged.
inline Problem exchanged(const Problem &p) {
  Problem e = p;
  std::swap(e.channels, e.outputs);
  return e;
}

// The byte kept for each output: the position of its maximum, plus this flag where the activation's slope applies.
constexpr uint8_t below_zero = 4;

// Floats that may be read, not used, before or behind an image or a row of patches.
constexpr int64_t slack = 16;

// How one set of instructions cuts a problem into tasks. It depends on the shapes alone, never on the number of threads,
// and every sum is made within one task or over tasks in their order: so the bits do not depend on threads either.
struct Plan {
  int64_t lanes;                                    // floats in a vector
  int64_t vectors;                                  // of output channels
  int64_t forward_blocks;                           // of one or two vectors, each packed by itself
  int64_t group, groups;                            // images to one task, and tasks, forward and for the input's gradient
  bool patches;                                     // backward copies patches: rows of the kernel alone would leave vectors half empty
  int64_t blocks, block_channels;                   // of the input backward: all channels, or a vector of them after the other
  int64_t segments, length;                         // of a patch: the adjacent stretches it has, and their floats up to whole vectors
  int64_t chunks;                                   // of a segment: what fits into the registers
  int64_t pieces;                                   // segments × chunks
  int64_t pitch;                                    // floats that a piece has for each output channel, at most
  int64_t batches;                                  // the weight gradient's partial sums
  bool dense;                                       // those are of products of matrices, and not of terms
  bool all_terms;                                   // the input's gradient is too: what ReLU leaves out of it is not sorted out
  int64_t block_rows, block_cells;                  // rows of cells to one list of terms, and their cells
  bool needs_slack;                                 // vectors reach over the end of the input
  int64_t packed() const { return pieces * pitch; } // floats to an output channel

  // The problem of one block of channels.
  Problem block_of(const Problem &p) const {
    Problem one = p;
    one.channels = block_channels;
    return one;
  }
};

// Winograd's way (convolution_winograd.h), like a plan: the output in tiles of 4×4, the kernel in pieces of at most 3×3.
struct Tiling {
  double gain;                 // how much faster it is forward, by the fitted cost; 0 where it cannot be
  double gain_by_shifts;       // likewise for few channels
  bool gradient;               // whether it is the faster one
  int64_t side, pieces;        // of the kernel's cuts, and their square
  int64_t parts;               // of the input channels, each transformed at once
  int64_t vectors, blocks;     // of output channels, and what is multiplied at once
  int64_t panels;              // pieces × parts × blocks: of filters, each packed by itself
  int64_t packed;              // floats of all of them
  int64_t down, across, tiles; // of an image, and of all
  int64_t group, groups;       // tiles to one task, and tasks
  int64_t batches;             // the weight gradient's partial sums
  int64_t images;              // to one task of the input's gradient, and of few channels

  bool by_shifts() const { return gain_by_shifts > gain; }
  double best() const { return by_shifts() ? gain_by_shifts : gain; }
};

struct Forward {
  const float *input;  // images × image()
  const float *weight; // packed by pack_forward
  const float *bias;   // lanes × vectors, zeros behind
  float *output;       // images × cells() × outputs
  uint8_t *positions;  // likewise, or null
  bool rounds;         // the input to bfloat16, as the weight was when it was packed
};

struct Backward {
  const float *input;       // for the weight's gradient: blocks × images × rows × columns × block_channels
  const float *weight;      // for the input's, packed by pack_backward
  const float *gradient;    // images × cells() × outputs
  const uint8_t *positions; // likewise
  float *input_gradient;    // images without padding
  float *weight_gradient;   // batches × pieces × outputs × pitch, as pack_backward has it
  float *bias_gradient;     // bias_blocks × outputs; of dense sums batches × whole vectors, or null
  float *factors;           // terms of the weight's gradient: lists × outputs × block_cells
  int32_t *offsets;         // likewise
  int32_t *counts;          // lists × outputs
};

constexpr int64_t bias_blocks = 16;

struct Strides {
  int64_t output, channel, row, column; // of the weight O×C×k×k
};

// Of a weight's gradient, as the weight has it: O×C×k×k, or O×k×k×C in memory.
enum class Layout { contiguous, channels_last };

using ForwardKernel = void (*)(const Problem &, const Plan &, const Forward &, int64_t group);

struct Kernels {
  Plan (*plan)(const Problem &);
  // Tasks, each to be called for every index below the count named.
  void (*pack_forward)(const Problem &, const Plan &, const float *weight, Strides, bool rounds, float *to,
                       int64_t block);                                                                           // forward_blocks
  ForwardKernel forward;                                                                                         // groups
  void (*pack_backward)(const Problem &, const Plan &, const float *weight, Strides, float *to, int64_t output); // outputs
  void (*input_gradient)(const Problem &, const Plan &, const Backward &, int64_t group);                        // groups
  void (*list_terms)(const Problem &, const Plan &, const Backward &, int64_t list);                             // lists, without patches
  void (*weight_gradient)(const Problem &, const Plan &, const Backward &, int64_t task);                        // batches × pieces
  void (*unpack_gradient)(const Problem &, const Plan &, const float *packed, Layout, float *weight, int64_t output); // outputs
  void (*activation_gradient)(const Problem &, const Backward &, int64_t image, float *to, int64_t pitch);
  void (*dense_weight_gradient)(const Problem &, const Plan &, const Backward &, int64_t batch);         // batches
  void (*unpack_dense)(const Problem &, const Plan &, float *sums, Layout, float *weight, int64_t part); // channels
  void (*bias_gradient)(const Problem &, const Backward &, int64_t block);                               // bias_blocks
  // Winograd's way. Images are without padding; Backward's gradient is that of the convolution itself, nothing pooled.
  Tiling (*tiling)(const Problem &);
  // Filters and their gradient pass through an order of vectors of outputs × taps × channels × lanes.
  void (*order_filters)(const Problem &, const Tiling &, const float *weight, Strides, bool rounds, float *ordered,
                        int64_t vector);                                                                                 // vectors
  void (*pack_tiles)(const Problem &, const Tiling &, const float *ordered, float *to, int64_t panel);                   // panels
  void (*forward_tiles)(const Problem &, const Tiling &, const Forward &, int64_t group);                                // groups
  void (*forward_shifts)(const Problem &, const Tiling &, const Forward &, int64_t task);                                // of `images` each
  void (*input_gradient_tiles)(const Problem &, const Tiling &, const Backward &, int64_t task);                         // of `images` each
  void (*weight_gradient_tiles)(const Problem &, const Tiling &, const Backward &, int64_t batch);                       // batches
  void (*unpack_tiles)(const Problem &, const Tiling &, const float *sums, float *ordered, int64_t panel);               // panels
  void (*reorder_filters)(const Problem &, const Tiling &, const float *ordered, Layout, float *weight, int64_t vector); // vectors
};

extern const Kernels portable, avx2, avx512; // the last two on x86-64 only
// They multiply pairs of halves: in plain C++, for tests, and on x86-64.
extern const ForwardKernel pairs_portable, pairs_avx512;

// Rows of cells run through all images of a batch of the weight gradient, and are taken block_rows at a time.
inline int64_t batch_begin(const Problem &p, const Plan &l, int64_t batch) { return p.images * batch / l.batches; }
inline int64_t blocks_in(const Problem &p, const Plan &l, int64_t batch) {
  int64_t rows = (batch_begin(p, l, batch + 1) - batch_begin(p, l, batch)) * p.rows;
  return (rows + l.block_rows - 1) / l.block_rows;
}

} // namespace ctorch::convolution
