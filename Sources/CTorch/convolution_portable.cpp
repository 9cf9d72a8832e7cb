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
const Kernels portable = {"portable",
                          make_plan,
                          pack_forward,
                          forward,
                          pack_backward,
                          input_gradient,
                          list_entries,
                          weight_gradient,
                          unpack_gradient,
                          activation_gradient,
                          dense_weight_gradient,
                          bias_gradient,
                          make_tiling,
                          pack_tiles,
                          forward_tiles,
                          input_gradient_tiles,
                          weight_gradient_tiles,
                          unpack_tiles};
} // namespace ctorch::convolution
