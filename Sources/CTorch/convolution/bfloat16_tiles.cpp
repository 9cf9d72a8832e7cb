// The kernels of bfloat16.h in plain C++, so that what surrounds their blocks is tested on every machine.
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_portable.h"
#include "bfloat16_block.h"
#include "bfloat16_kernel.h"

namespace ctorch::bfloat16 {
namespace {
struct Pairs {
  static convolution::Floats add(convolution::Floats sum, uint32_t left, const Half *right) {
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
};
} // namespace

const Kernels tiles = all<VectorBlock<Pairs>>;
} // namespace ctorch::bfloat16
