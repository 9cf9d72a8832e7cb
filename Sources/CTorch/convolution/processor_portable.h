// Any processor: vectors of four floats, no fused multiply-add.
#pragma once

#include <cstdint>

namespace ctorch::convolution {
namespace {

struct Processor {
  static constexpr int64_t lanes = 4;          // floats in a vector
  static constexpr int64_t held = 12;          // vectors of sums in registers, backward
  static constexpr int64_t tile_positions = 4; // in registers, forward
  static constexpr int64_t tile_vectors = 2;   // of output channels, for each of them
  static constexpr bool multiply_add = false;  // in one instruction, rounded once
  static constexpr bool compresses = false;

  // Up to how many floats of an output's kernel the input's gradient takes all terms, by Benchmarks/fit_tiled_cost.py on an Intel Xeon.
  static constexpr int64_t most_floats_unsorted = 160;

  // What Winograd's way costs, by Benchmarks/fit_tiled_cost.py on a quiet Zen 4 (EPYC): in products of a number with a vector.
  static constexpr double cost_of_point_channel = 1.15, loop_of_point = 2.5, cost_of_input_vector = 107, cost_of_output_vector = 261,
                          cost_of_filter = 150, cost_of_far_filter = 4.9, cost_of_gradient_by_sums = 1.37;
};

} // namespace
} // namespace ctorch::convolution
