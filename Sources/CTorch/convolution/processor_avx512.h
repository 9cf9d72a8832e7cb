// AVX-512: 32 registers of sixteen floats.
#pragma once

#include <cstdint>

namespace ctorch::convolution {
namespace {

struct Processor {
  static constexpr int64_t lanes = 16;          // floats in a vector
  static constexpr int64_t held = 28;           // vectors of sums in registers, backward
  static constexpr int64_t tile_positions = 12; // in registers, forward
  static constexpr int64_t tile_vectors = 2;    // of output channels, for each of them
  static constexpr bool multiply_add = true;    // in one instruction, rounded once
};

} // namespace
} // namespace ctorch::convolution
