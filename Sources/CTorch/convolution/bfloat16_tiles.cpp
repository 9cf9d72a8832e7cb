// The kernels of bfloat16.h in plain C++, so that what surrounds their blocks is tested on every machine.
#include "bfloat16.h"

namespace ctorch::convolution {
namespace {
constexpr int64_t lanes = 4;
constexpr bool multiply_add = false;
} // namespace
} // namespace ctorch::convolution

#include "convolution_vectors.h"

namespace ctorch::bfloat16 {
namespace {
inline convolution::Floats add_pairs(convolution::Floats sum, uint32_t left, const Half *right) {
  using Words = uint32_t __attribute__((ext_vector_type(convolution::lanes)));
  auto floats = [](Words bits) {
    convolution::Floats v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  };
  Words pairs;
  std::memcpy(&pairs, right, sizeof pairs);
  sum += floats(Words(left << 16)) * floats(pairs << 16);
  return sum + floats(Words(left & 0xffff0000)) * floats(pairs & 0xffff0000);
}
} // namespace
} // namespace ctorch::bfloat16

#include "bfloat16_block.h"
// In this order.
#include "bfloat16_kernel.h"

namespace ctorch::bfloat16 {
const Kernels tiles = {forward, input_gradient, weight_gradient};
} // namespace ctorch::bfloat16
