// Times the ways of a convolution in float32, by sums, by tiles, and by shifts for few channels, and in bfloat16 by AMX, on one thread;
// prints a JSON object for each shape with what `tiled_cost`, `shifted_cost` and bfloat16's `gain` count. Made and read by
// fit_tiled_cost.py. usage: convolution_ways portable|avx2|avx512|amx [ROUNDS]
#include "bfloat16.h"
#include "convolution.h"
#include "tile_registers.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <random>
#include <string>
#include <vector>

using namespace ctorch::convolution;
namespace bfloat16 = ctorch::bfloat16;

namespace {

const Kernels *named(const std::string &name) {
  if (name == "portable") return &portable;
#if defined(__x86_64__)
  if (name == "avx2") return &avx2;
  if (name == "avx512") return &avx512;
  if (name == "amx") return ctorch::has_amx() ? &avx512 : nullptr;
#endif
  return nullptr;
}

// Memory that begins with a line of the cache, as tensors' does.
template <class T> struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U> Aligned(const Aligned<U> &) {}
  T *allocate(size_t count) { return static_cast<T *>(::operator new(count * sizeof(T), std::align_val_t(64))); }
  void deallocate(T *memory, size_t) { ::operator delete(memory, std::align_val_t(64)); }
  bool operator==(const Aligned &) const = default;
};
template <class T> using Memory = std::vector<T, Aligned<T>>;

Memory<float> random_floats(int64_t count) {
  static std::mt19937 generator;
  std::normal_distribution<float> draw;
  Memory<float> values(size_t(count + 2 * slack));
  for (float &value : values) value = draw(generator);
  return values;
}

// The shortest of some rounds, in nanoseconds of the processor's time, which other processes hardly change.
template <class Body> double shortest(int rounds, const Body &body) {
  double best = 1e18;
  for (int round = 0; round <= rounds; round++) {
    timespec from{}, to{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    body();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    if (round > 0) best = std::min(best, 1e9 * double(to.tv_sec - from.tv_sec) + double(to.tv_nsec - from.tv_nsec));
  }
  return best;
}

// A hash of the floats' bits, which is the same for the same results.
uint64_t fingerprint(const Memory<float> &values) {
  uint64_t hash = 0xcbf29ce484222325;
  for (float value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 0x100000001b3;
  }
  return hash;
}

// What bfloat16 costs by tile registers, and what its cost is made of.
struct Blocks {
  bfloat16::Plan plan;
  double nanoseconds, gain; // measured, and by the fitted cost
};

Blocks measure_blocks(const bfloat16::Kernels &k, const Problem &p, const Strides &strides, Forward a, const float *weight, int rounds) {
  const auto l = k.plan(p);
  Memory<bfloat16::Half> packed(size_t(l.width * l.depth));
  const Memory<float> bias(size_t(l.width), 0.0f);
  a.weight = reinterpret_cast<const float *>(packed.data());
  a.bias = bias.data();
  return {l,
          shortest(rounds,
                   [&] {
                     for (int64_t i = 0; i < l.width / bfloat16::edge; i++) k.pack(p, l, weight, strides, packed.data(), i);
                     for (int64_t i = 0; i < l.groups; i++) k.forward(p, l, a, i);
                   }),
          k.gain(p, l)};
}

// As printf wants it.
long long n(int64_t value) { return value; }

void measure(const Kernels &k, const bfloat16::Kernels *halves, const Problem &p, int rounds) {
  const Plan l = k.plan(p);
  const Tiling t = k.tiling(p);
  const auto input = random_floats(p.images * p.image()), weight = random_floats(p.outputs * p.taps());
  const auto gradient = random_floats(p.images * p.cells() * p.outputs);
  const Strides strides{p.taps(), p.kernel * p.kernel, p.kernel, 1};
  const Memory<float> bias(size_t(l.vectors * l.lanes), 0.0f);
  const Memory<uint8_t> positions(size_t(p.images * p.cells() * p.outputs), 0);
  Memory<float> output(size_t(p.images * p.cells() * p.outputs)), packed(size_t(l.vectors * l.lanes * p.taps()));
  Memory<float> ordered(packed.size()), filters(size_t(t.packed)), pieces(size_t(l.packed() * p.outputs)),
      back(size_t(p.images * p.image()));
  const double sums = shortest(rounds, [&] {
    for (int64_t i = 0; i < l.forward_blocks; i++) k.pack_forward(p, l, weight.data(), strides, false, packed.data(), i);
    const Forward a{input.data(), packed.data(), bias.data(), output.data(), nullptr, false};
    for (int64_t i = 0; i < l.groups; i++) k.forward(p, l, a, i);
  });
  const uint64_t by_sums = fingerprint(output);
  auto by_winograd = [&](auto &&kernel, int64_t tasks) {
    return shortest(rounds, [&] {
      for (int64_t i = 0; i < t.vectors; i++) k.order_filters(p, t, weight.data(), strides, false, ordered.data(), i);
      for (int64_t i = 0; i < t.panels; i++) k.pack_tiles(p, t, ordered.data(), filters.data(), i);
      const Forward a{input.data(), filters.data(), bias.data(), output.data(), nullptr, false};
      for (int64_t i = 0; i < tasks; i++) kernel(p, t, a, i);
    });
  };
  const double tiles = by_winograd(k.forward_tiles, t.groups);
  const uint64_t by_tiles = fingerprint(output);
  const bool few = t.gain_by_shifts > 0;
  const double shifts = few ? by_winograd(k.forward_shifts, (p.images + t.images - 1) / t.images) : 0;
  const uint64_t by_shifts = few ? fingerprint(output) : 0;
  const double backward = shortest(rounds, [&] {
    for (int64_t i = 0; i < p.outputs; i++) k.pack_backward(p, l, weight.data(), strides, pieces.data(), i);
    Backward a{};
    a.gradient = gradient.data(), a.positions = positions.data(), a.weight = pieces.data(), a.input_gradient = back.data();
    for (int64_t i = 0; i < l.groups; i++) k.input_gradient(p, l, a, i);
  });
  const Forward forward{input.data(), nullptr, nullptr, output.data(), nullptr, false};
  const Blocks blocks = halves ? measure_blocks(*halves, p, strides, forward, weight.data(), rounds) : Blocks{};
  std::printf("{\"lanes\": %lld, \"kernel\": %lld, \"channels\": %lld, \"outputs\": %lld, \"positions\": %lld, \"side\": %lld, "
              "\"pieces\": %lld, \"vectors\": %lld, \"tiles\": %lld, \"filters\": %lld, \"groups\": %lld, \"strips\": %lld, "
              "\"sums_ns\": %.0f, \"tiles_ns\": %.0f, \"shifts_ns\": %.0f, \"backward_ns\": %.0f, "
              "\"width\": %lld, \"depth\": %lld, \"blocks_ns\": %.0f, \"blocks_gain\": %.3f, "
              "\"chosen\": \"%s\", \"bits\": \"%016llx %016llx %016llx %016llx\"}\n",
              n(l.lanes), n(p.kernel), n(p.channels), n(p.outputs), n(p.images * p.positions()), n(t.side), n(t.pieces), n(t.vectors),
              n(t.tiles), n(t.packed), n(t.groups), n(p.images * t.down), sums, tiles, shifts, backward, n(blocks.plan.width),
              n(blocks.plan.depth), blocks.nanoseconds, blocks.gain,
              t.best() <= 1   ? "sums"
              : t.by_shifts() ? "shifts"
                              : "tiles",
              (unsigned long long)by_sums, (unsigned long long)by_tiles, (unsigned long long)by_shifts,
              (unsigned long long)fingerprint(back));
  std::fflush(stdout);
}

// The input's gradient without pooling where ReLU leaves out half of it: those terms sorted out, and all of them multiplied.
void measure_gradient(const Kernels &k, const Problem &p, int rounds) {
  Plan l = k.plan(p);
  if (l.patches) return;
  const auto weight = random_floats(p.outputs * p.taps()), gradient = random_floats(p.images * p.cells() * p.outputs);
  Memory<uint8_t> positions(size_t(p.images * p.cells() * p.outputs));
  for (size_t i = 0; i < positions.size(); i++) positions[i] = gradient[i] < 0 ? below_zero : 0;
  Memory<float> packed(size_t(l.packed() * p.outputs)), back(size_t(p.images * p.image()));
  const Strides strides{p.taps(), p.kernel * p.kernel, p.kernel, 1};
  for (int64_t i = 0; i < p.outputs; i++) k.pack_backward(p, l, weight.data(), strides, packed.data(), i);
  Backward a{};
  a.gradient = gradient.data(), a.positions = positions.data(), a.weight = packed.data(), a.input_gradient = back.data();
  auto time = [&](bool all_terms) {
    Plan plan = l;
    plan.all_terms = all_terms;
    return shortest(rounds, [&] {
      for (int64_t i = 0; i < plan.groups; i++) k.input_gradient(p, plan, a, i);
    });
  };
  const double sorted = time(false), all = time(true);
  std::printf("{\"floats\": %lld, \"kernel\": %lld, \"channels\": %lld, \"outputs\": %lld, \"sorted_ns\": %.0f, \"all_ns\": %.0f}\n",
              n(l.packed()), n(p.kernel), n(p.channels), n(p.outputs), sorted, all);
  std::fflush(stdout);
}

} // namespace

int main(int count, char **arguments) {
  const Kernels *kernels = count > 1 ? named(arguments[1]) : nullptr;
  const bfloat16::Kernels *halves = kernels && std::string(arguments[1]) == "amx" ? &bfloat16::amx : nullptr;
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 5;
  if (count > 1 && std::string(arguments[1]) == "amx" && !kernels) {
    std::fprintf(stderr, "this machine has no tile registers, or does not let this process use them\n");
    return 69;
  }
  if (!kernels || rounds < 1) {
    std::fprintf(stderr, "usage: convolution_ways portable|avx2|avx512|amx [ROUNDS]\n");
    return 64;
  }
  auto problem = [](int64_t images, int64_t kernel, int64_t channels, int64_t outputs, int64_t side, int64_t stride, float slope) {
    Problem p{};
    p.images = images;
    p.channels = channels, p.outputs = outputs, p.kernel = kernel, p.stride = stride, p.pool = 1, p.slope = slope;
    p.height = p.width = (side - 1) * stride + kernel;
    p.rows = p.columns = side;
    return p;
  };
  auto measured = [&](int64_t images, int64_t kernel, int64_t channels, int64_t outputs, int64_t side) {
    measure(*kernels, halves, problem(images, kernel, channels, outputs, side, 1, 1), rounds);
  };
  // Outputs whose sides are filled whole by tiles of 4×4, and such that are not.
  for (int64_t kernel : {3, 5, 7})
    for (int64_t channels : {4, 8, 16, 32, 64})
      for (int64_t outputs : {16, 64})
        for (int64_t side : {9, 12, 24}) measured(8, kernel, channels, outputs, side);
  // Few channels.
  for (int64_t kernel : {3, 5, 7, 9})
    for (int64_t channels : {1, 2, 3})
      for (int64_t outputs : {10, 20, 64})
        for (int64_t side : {11, 20, 24}) measured(16, kernel, channels, outputs, side);
  // Filters that no cache holds.
  for (int64_t kernel : {5, 7})
    for (int64_t channels : {128, 192, 256})
      for (int64_t images : {16, 64, 192}) measured(images, kernel, channels, channels, 4);
  // Kernels that Winograd's way does not take: those of one pixel, and those with a stride.
  for (int64_t kernel : {1, 2, 3, 5})
    for (int64_t channels : {16, 20, 32, 40, 64, 128, 192, 256})
      for (int64_t outputs : {16, 32, 64})
        for (int64_t side : {6, 12})
          measure_gradient(*kernels, problem(8, kernel, channels, outputs, side, kernel == 1 ? 1 : 2, 0), rounds);
}
