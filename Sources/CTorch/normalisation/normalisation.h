// Batch normalisation, activation, maximum over 2×2 and dropout as one operator: what its kernels and their caller share.
// [IS15, arXiv:1502.03167]
#pragma once

#include "instructions.h"

#include <cstdint>

namespace ctorch::normalisation {

// Images are N×H×W×C in memory (channels last).
struct Problem {
  int64_t images, channels, height, width;
  int64_t pool; // 2 or, for none, 1
  float slope;  // of the activation below zero: 0 is ReLU, 1 none
  uint64_t seed;
  uint32_t dropped; // of 2³² values of the generator
  float kept_scale; // 1 / (1 - probability)

  int64_t rows() const { return height / pool; } // of the output
  int64_t columns() const { return width / pool; }
  int64_t row() const { return width * channels; } // floats
  int64_t total() const { return images * height * row(); }
  int64_t output() const { return images * rows() * columns() * channels; }
};

// A tensor is cut into strips: without pooling of `strip` floats, with it of one output row and the input rows above it, the last of
// an image taking what the windows leave out. Each begins with channel 0. A task is adjacent strips. All of this depends
// on shapes alone, and sums are made within a task or over tasks in their order: so the bits do not depend on threads.
struct Plan {
  int64_t period; // floats: whole pixels and whole vectors; what goes by channel is held that often
  int64_t strip, strips, tasks;
};
Plan make_plan(const Problem &, bool pooled);

// The tensors of one task. `scale` to `constant` are one period long.
struct Apply {
  const float *input, *scale, *shift;
  float *output;
  uint8_t *positions; // of the maximum in its window, row by row; null without pooling
};
struct Backward {
  const float *input, *output, *gradient, *mean;
  const uint8_t *positions;
  const float *scale, *slope, *constant; // input gradient = scale·g - slope·(input - mean) - constant
  float *input_gradient;
};

struct Kernels {
  void (*moments)(const Problem &, const Plan &, const float *input, int64_t task, double *mean, double *squares);
  void (*apply)(const Problem &, const Plan &, const Apply &, int64_t task);
  // Per channel Σ g and Σ g·(input - mean), g being the gradient before the activation.
  void (*sums)(const Problem &, const Plan &, const Backward &, int64_t task, double *plain, double *moment);
  void (*gradient)(const Problem &, const Plan &, const Backward &, int64_t task);
  // Values from the `first` of a tensor on, `count` of them: zero, or times kept_scale.
  void (*drop)(const Problem &, float *values, int64_t first, int64_t count);
};
const Kernels &kernels(Instructions);

} // namespace ctorch::normalisation
