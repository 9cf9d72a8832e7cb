// What bfloat16 needs of a processor, in plain C++: blocks of products and pairs of halves. So what surrounds them is tested on every
// machine.
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_portable.h"
#include "bfloat16_block.h"
#include "bfloat16_kernel.h"
#include "convolution_forward.h"

namespace ctorch {
namespace {
using convolution::Floats;

struct Pairs {
  // The lower halves and the upper halves of words, as floats.
  static Floats add(Floats left, Floats right, Floats sum) {
    const auto a = words(left), b = words(right);
    sum += floats(a << 16) * floats(b << 16);
    return sum + floats(a & 0xffff0000) * floats(b & 0xffff0000);
  }

private:
  static convolution::Words words(Floats v) {
    convolution::Words bits;
    std::memcpy(&bits, &v, sizeof bits);
    return bits;
  }
  static Floats floats(convolution::Words bits) {
    Floats v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  }
};
} // namespace

const convolution::ForwardKernel convolution::pairs_portable = convolution::forward<Pairs>;
const bfloat16::Kernels bfloat16::tiles = bfloat16::all<bfloat16::VectorBlock<Pairs>>;
} // namespace ctorch
