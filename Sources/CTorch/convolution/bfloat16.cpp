// zoo::conv_pool_act in bfloat16: rounds and packs what its kernels multiply.
#include "fit.h"

#include "bfloat16_operator.h"

#include <ATen/ops/zeros.h>

namespace ctorch::bfloat16 {

#if !defined(__x86_64__)
const Kernels amx = tiles;
#endif

namespace {

using convolution::laid_out, convolution::nanoseconds;

int64_t whole(int64_t count, int64_t of) { return (count + of - 1) / of; }

at::Tensor rounded(const at::Tensor &t) { return t.to(at::kBFloat16); }

// A right factor of depth × columns: `value(k, column)` where both are real, zero elsewhere.
template <class Value>
at::Tensor packed(const at::Tensor &like, int64_t depth, int64_t columns, int64_t real_depth, int64_t real_columns, const Value &value) {
  auto out = at::zeros({depth * columns}, like.options().dtype(at::kBFloat16));
  Half *to = write<Half>(out);
  for_each_index(columns / edge, nanoseconds(16 * depth * edge), [&](int64_t block) {
    for (int64_t column = block * edge; column < std::min(real_columns, (block + 1) * edge); column++)
      for (int64_t k = 0; k < real_depth; k++) to[panel_offset(depth, k, column)] = value(k, column);
  });
  return out;
}

// The weight O×C×k×k as halves, and where its taps are.
struct Weight {
  Weight(const Problem &p, const at::Tensor &weight)
      : p(p), halves(rounded(weight).contiguous(at::MemoryFormat::ChannelsLast)), from(read<Half>(halves)) {}
  Half at(int64_t output, int64_t tap) const { return from[output * p.taps() + tap]; }

private:
  const Problem &p;
  at::Tensor halves; // O×k×k×C
  const Half *from;
};

} // namespace

Plan make_plan(const Problem &p) {
  constexpr int64_t cached = 256 * 1024; // halves of patches at once
  Plan l{};
  const int64_t row = p.columns * p.pool * p.pool;
  l.depth = whole(p.taps(), edge) * edge;
  l.width = whole(p.outputs, edge) * edge;
  l.group = std::clamp<int64_t>(whole(256, p.positions()), 1, p.images);
  l.groups = whole(p.images, l.group);
  // Few enough sums for 32 MiB, and two at least.
  l.batches = std::min(p.images, std::clamp<int64_t>((int64_t(8) << 20) / l.sums(), 2, 16));
  l.chunk_rows = std::max<int64_t>(1, std::min(cached / l.depth, int64_t(512)) / row);
  l.chunk = whole(l.chunk_rows * row, edge) * edge;
  return l;
}

at::Tensor run_forward(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o,
                       at::Tensor *positions) {
  const auto p = problem(input, weight, o);
  const auto l = make_plan(p);
  const auto x = laid_out<Half>(rounded(input), p, true, o.padding);
  const Weight taps(p, weight);
  const auto right =
      packed(input, l.depth, l.width, p.taps(), p.outputs, [&](int64_t tap, int64_t output) { return taps.at(output, tap); });
  auto biases = at::zeros({l.width}, input.options());
  if (bias.defined()) biases.narrow(0, 0, p.outputs).copy_(bias.detach());
  auto out = at::empty({p.images, p.outputs, p.rows, p.columns}, input.options(), at::MemoryFormat::ChannelsLast);
  if (positions) *positions = at::empty({out.numel()}, input.options().dtype(at::kByte));
  const Forward a{read<Half>(x), read<Half>(right), read<float>(biases), write<float>(out),
                  positions ? write<uint8_t>(*positions) : nullptr};
  for_each_index(l.groups, nanoseconds(l.group * p.positions() * p.taps() * p.outputs), [&](int64_t i) { k.forward(p, l, a, i); });
  return out;
}

at::Tensor input_gradient(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &positions,
                          const at::Tensor &gradient, const Options &o) {
  const auto p = problem(input, weight, o);
  const auto l = make_plan(p);
  const Weight taps(p, weight);
  const auto right =
      packed(input, l.width, l.depth, p.outputs, p.taps(), [&](int64_t output, int64_t tap) { return taps.at(output, tap); });
  auto all = at::empty({p.images, p.channels, p.height, p.width}, input.options(), at::MemoryFormat::ChannelsLast);
  Backward a{};
  a.weight = read<Half>(right);
  a.gradient = read<float>(gradient);
  a.positions = read<uint8_t>(positions);
  a.input_gradient = write<float>(all);
  for_each_index(l.groups, nanoseconds(l.group * p.positions() * p.taps() * p.outputs), [&](int64_t i) { k.input_gradient(p, l, a, i); });
  return all;
}

at::Tensor weight_gradient(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &positions,
                           const at::Tensor &gradient, const Options &o) {
  const auto p = problem(input, weight, o);
  const auto l = make_plan(p);
  const auto x = laid_out<Half>(rounded(input), p, true, o.padding);
  auto sums = at::empty({l.batches * l.sums()}, input.options());
  Backward a{};
  a.input = read<Half>(x);
  a.gradient = read<float>(gradient);
  a.positions = read<uint8_t>(positions);
  a.weight_gradient = write<float>(sums);
  for_each_index(l.batches, nanoseconds(p.images * p.positions() * p.taps() * p.outputs / l.batches),
                 [&](int64_t i) { k.weight_gradient(p, l, a, i); });
  auto out = at::empty(weight.sizes(), input.options(), weight.suggest_memory_format());
  const auto s = convolution::strides(out);
  float *to = write<float>(out);
  for_each_index(p.outputs, nanoseconds(16 * p.taps() * l.batches), [&](int64_t output) {
    for (int64_t tap = 0; tap < p.taps(); tap++) {
      const float *from = a.weight_gradient + output * l.depth + tap;
      float sum = from[0];
      for (int64_t batch = 1; batch < l.batches; batch++) sum += from[batch * l.sums()];
      to[output * s.output + tap % p.channels * s.channel + tap / p.channels * s.column] = sum;
    }
  });
  return out;
}

} // namespace ctorch::bfloat16
