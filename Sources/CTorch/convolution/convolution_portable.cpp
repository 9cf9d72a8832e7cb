// The kernels of convolution.h for any processor: vectors of four floats, no fused multiply-add.
#include <cstdint>

namespace ctorch::convolution {
namespace {
constexpr int64_t lanes = 4;          // floats in a vector
constexpr int64_t held = 12;          // vectors of sums in registers, backward
constexpr int64_t tile_positions = 4; // in registers, forward
constexpr int64_t tile_vectors = 2;   // of output channels, for each of them
constexpr bool multiply_add = false;
} // namespace
} // namespace ctorch::convolution

#include "convolution_kernel.h"
// In this order.
#include "convolution_gradient.h"
#include "convolution_tiles.h"

namespace ctorch::convolution {
const Kernels portable = all;
} // namespace ctorch::convolution
