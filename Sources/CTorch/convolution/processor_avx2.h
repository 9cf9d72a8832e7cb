// AVX2 and FMA: 16 registers of eight floats.
#pragma once

#include <cstdint>

namespace ctorch::convolution {
namespace {

struct Processor {
  static constexpr int64_t lanes = 8;          // floats in a vector
  static constexpr int64_t held = 14;          // vectors of sums in registers, backward
  static constexpr int64_t tile_positions = 6; // in registers, forward
  static constexpr int64_t tile_vectors = 2;   // of output channels, for each of them
  static constexpr bool multiply_add = true;   // in one instruction, rounded once
  static constexpr bool compresses = false;

  // Up to how many floats of an output's kernel the input's gradient takes all terms, by Benchmarks/fit_tiled_cost.py on an Intel Xeon.
  static constexpr int64_t most_floats_unsorted = 768;

  // What Winograd's way costs, by Benchmarks/fit_tiled_cost.py on a quiet Zen 4 (EPYC): in products of a number with a vector.
  static constexpr double cost_of_point_channel = 1.15, loop_of_point = 6.3, cost_of_input_vector = 192, cost_of_output_vector = 307,
                          cost_of_filter = 54, cost_of_far_filter = 11.7, cost_of_gradient_by_sums = 2.26;
};

} // namespace
} // namespace ctorch::convolution
