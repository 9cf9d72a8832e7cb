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
};

} // namespace
} // namespace ctorch::convolution
