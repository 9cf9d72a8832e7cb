// zoo::conv_pool_act: convolution, bias, maximum over 2×2 and activation in one operator, and its gradient.
#include "fit.h"

#include "bfloat16.h"
#include "convolution_operator.h"
#include "gradient.h"
#include "instructions.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <torch/library.h>
#include <utility>

#if !defined(__x86_64__)
const ctorch::bfloat16::Kernels ctorch::bfloat16::amx = tiles;
const ctorch::convolution::Kernels ctorch::convolution::avx2 = portable, ctorch::convolution::avx512 = portable;
const ctorch::convolution::ForwardKernel ctorch::convolution::pairs_avx512 = pairs_portable;
#endif

namespace ctorch::convolution {

namespace {

constexpr const char *op = "zoo::conv_pool_act";

// How a call is computed. In bfloat16 the kernels of float32 multiply rounded numbers forward, unless the processor's own products, of
// pairs of halves or of tiles, are faster by the fitted costs, or asked for by name. Gradients are float32's: those of tiles were slower.
struct Way {
  const Kernels *kernels;
  Precision precision;
  const bfloat16::Kernels *tiles;
  ForwardKernel pairs;
  bool always; // by tiles or pairs

  bool takes_tiles(const Problem &p, const Tiling &tiling) const {
    return tiles && (always || tiles->gain(p, tiles->plan(p)) > std::max(1.0, tiling.best()));
  }
  bool takes_pairs(const Problem &p, const Tiling &tiling) const {
    return pairs && p.channels % 2 == 0 && (always || tiling.best() < 2); // twice as fast as sums
  }
};

// Null is ATen's way.
const Way *way(Instructions set, Precision precision) {
  static const std::array<Way, 3> float32{{{&portable}, {&avx2}, {&avx512}}};
  static const std::array<Way, 5> halves{{{&portable, Precision::bfloat16},
                                          {&avx2, Precision::bfloat16},
                                          {&avx512, Precision::bfloat16},
                                          {&avx512, Precision::bfloat16, nullptr, has_fast_pairs() ? pairs_avx512 : nullptr},
                                          {&avx512, Precision::bfloat16, &bfloat16::amx}}};
  if (set == Instructions::off) return nullptr;
  const size_t rank = size_t(set) - size_t(Instructions::portable);
  return precision == Precision::bfloat16 ? &halves[rank] : &float32[std::min(rank, float32.size() - 1)];
}

// "avx2"; "avx2+bf16"; or for tests the processor's own products wherever there are any, "amx+tiles", "avx512_bf16+pairs" and, of both
// kinds, in plain C++: "portable+tiles".
const Way *named_way(std::string_view name) {
  const auto plus = name.find('+');
  const auto set = named_instructions(op, name.substr(0, plus));
  const auto how = plus == name.npos ? std::string_view() : name.substr(plus + 1);
  if (how.empty() || how == "bf16") return way(set, how.empty() ? Precision::float32 : Precision::bfloat16);
  static const Way plain_tiles{&portable, Precision::bfloat16, &bfloat16::tiles, nullptr, true};
  static const Way plain_pairs{&portable, Precision::bfloat16, nullptr, pairs_portable, true};
  static const Way amx_tiles{&avx512, Precision::bfloat16, &bfloat16::amx, nullptr, true};
  static const Way avx512_pairs{&avx512, Precision::bfloat16, nullptr, pairs_avx512, true};
  if (how == "tiles" && set == Instructions::portable) return &plain_tiles;
  if (how == "pairs" && set == Instructions::portable) return &plain_pairs;
  if (how == "tiles" && set == Instructions::amx) return &amx_tiles;
  if (how == "pairs" && set == Instructions::avx512_bf16) return &avx512_pairs;
  TORCH_CHECK_VALUE(false, op, ": ", name_of(set), " has no '", std::string(how), "'");
}

at::Tensor through_aten(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o) {
  auto y = at::conv2d(input, weight, bias, o.stride, o.padding);
  if (o.pool > 1) y = at::max_pool2d(y, o.pool);
  return o.slope == 1 ? y : o.slope == 0 ? at::relu(y) : at::leaky_relu(y, o.slope);
}

// Whether the kernels have it; ATen takes, or refuses, everything else.
bool covered(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o) {
  auto plain = [](const at::Tensor &t) { return t.is_cpu() && t.scalar_type() == at::kFloat && t.layout() == at::kStrided; };
  if (!plain(input) || !plain(weight) || (bias.defined() && !plain(bias))) return false;
  if (input.dim() != 4 || weight.dim() != 4 || input.numel() == 0 || weight.numel() == 0) return false;
  if (input.size(1) != weight.size(1) || weight.size(2) != weight.size(3)) return false;
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0))) return false;
  if (weight.size(2) > 11 || o.stride > 2 || weight.size(1) > 512 || weight.size(0) >= 1 << 15) return false;
  constexpr int64_t most = 1 << 12; // sides; offsets are held in 32 bits
  if (input.size(2) > most || input.size(3) > most || o.padding > most) return false;
  auto p = problem(input, weight, o);
  if (p.height < p.kernel || p.width < p.kernel || p.rows < 1 || p.columns < 1) return false;
  return p.image() < 1 << 25; // some 32 images at once
}

// Where a weight's gradient lies as the weight does, autograd keeps it as it is.
Layout layout(const at::Tensor &gradient) {
  return gradient.suggest_memory_format() == at::MemoryFormat::ChannelsLast ? Layout::channels_last : Layout::contiguous;
}

// Rounded to halves, channels last, so that two channels lie in the place of a float; images with their padding.
at::Tensor in_halves(const at::Tensor &filters) { return filters.to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast); }

at::Tensor in_halves(const at::Tensor &images, const Problem &p, int64_t padding) {
  return laid_out<uint16_t>(images.to(at::kBFloat16), p, false, padding);
}

// Winograd's way: filters as its kernels want them.
at::Tensor transformed(const Kernels &k, const Problem &p, const Tiling &l, const at::Tensor &weight, Strides s, bool rounds) {
  const int64_t vector = p.taps() * k.plan(p).lanes;
  auto ordered = at::empty({l.vectors * vector}, weight.options()), packed = at::empty({l.packed}, weight.options());
  const float *w = read<float>(weight);
  float *between = write<float>(ordered), *to = write<float>(packed);
  for_each_index(l.vectors, nanoseconds(8 * vector), [&](int64_t i) { k.order_filters(p, l, w, s, rounds, between, i); });
  for_each_index(l.panels, nanoseconds(8 * l.packed / l.panels), [&](int64_t i) { k.pack_tiles(p, l, between, to, i); });
  return packed;
}

// The gradient of an operator's output, and what the activation lets through of it, made once for whoever wants it whole.
struct Gradient {
  at::Tensor given, positions, passed;

  // Without pooling.
  const at::Tensor &through_activation(const Kernels &k, const Problem &p) {
    if (p.slope == 1) return given;
    if (passed.defined()) return passed;
    passed = at::empty_like(given);
    Backward a = read_by_kernels();
    float *to = write<float>(passed);
    const int64_t size = p.cells() * p.outputs;
    for_each_index(p.images, nanoseconds(8 * size), [&](int64_t n) { k.activation_gradient(p, a, n, to + n * size, p.outputs); });
    return passed;
  }

  Backward read_by_kernels() const {
    Backward a{};
    a.gradient = read<float>(given);
    a.positions = read<uint8_t>(positions);
    return a;
  }
};

at::Tensor winograd_input_gradient(const Kernels &k, const Problem &p, const Tiling &l, const at::Tensor &gradient,
                                   const at::Tensor &weight) {
  auto s = strides(weight);
  std::swap(s.output, s.channel);
  const auto packed = transformed(k, exchanged(p), l, weight, s, false);
  auto out = at::empty({p.images, p.channels, p.height - 2 * p.padding, p.width - 2 * p.padding}, gradient.options(),
                       at::MemoryFormat::ChannelsLast);
  Backward a{};
  a.gradient = read<float>(gradient);
  a.weight = read<float>(packed);
  a.input_gradient = write<float>(out);
  const int64_t tasks = (p.images + l.images - 1) / l.images;
  for_each_index(tasks, nanoseconds(l.group * 36 * p.channels * p.outputs), [&](int64_t i) { k.input_gradient_tiles(p, l, a, i); });
  return out;
}

at::Tensor winograd_weight_gradient(const Kernels &k, const Problem &p, const Tiling &l, const at::Tensor &gradient,
                                    const at::Tensor &input, at::Tensor out) {
  auto x = input.contiguous(at::MemoryFormat::ChannelsLast);
  auto sums = at::empty({l.batches * l.packed}, gradient.options());
  Backward a{};
  a.input = read<float>(x);
  a.gradient = read<float>(gradient);
  a.weight_gradient = write<float>(sums);
  float *to = write<float>(out);
  for_each_index(l.batches, nanoseconds(l.tiles / l.batches * 36 * p.channels * p.outputs),
                 [&](int64_t i) { k.weight_gradient_tiles(p, l, a, i); });
  const int64_t vector = p.taps() * k.plan(p).lanes;
  auto ordered = at::empty({l.vectors * vector}, gradient.options());
  float *between = write<float>(ordered);
  for_each_index(l.panels, nanoseconds(l.packed * (l.batches + 4) / l.panels),
                 [&](int64_t i) { k.unpack_tiles(p, l, a.weight_gradient, between, i); });
  for_each_index(l.vectors, nanoseconds(8 * vector), [&](int64_t i) { k.reorder_filters(p, l, between, layout(out), to, i); });
  return out;
}

// The output, and where wanted the positions of its maxima.
at::Tensor run_forward(const Way &way, const at::Tensor &given, const at::Tensor &filters, const at::Tensor &bias, const Options &o,
                       at::Tensor *positions) {
  const Kernels &k = *way.kernels;
  auto p = problem(given, filters, o);
  const auto tiling = k.tiling(p);
  const bool in_blocks = way.takes_tiles(p, tiling), in_pairs = !in_blocks && way.takes_pairs(p, tiling);
  const bool in_tiles = !in_blocks && !in_pairs && tiling.best() > 1;
  const bool rounds = way.precision == Precision::bfloat16 && !in_blocks && !in_pairs;
  const auto weight = in_pairs ? in_halves(filters) : filters;
  const auto x = in_pairs   ? in_halves(given, p, o.padding)
                 : in_tiles ? given.contiguous(at::MemoryFormat::ChannelsLast)
                            : laid_out<float>(given, p, false, o.padding);
  auto s = strides(weight);
  if (in_pairs) {
    p.channels /= 2;
    s = {p.taps(), 1, p.run(), p.channels};
  }
  auto biases =
      at::empty({(p.outputs + bfloat16::edge - 1) / bfloat16::edge * bfloat16::edge}, given.options()); // whole blocks, and so vectors
  std::fill_n(write<float>(biases), biases.numel(), 0.0f);
  if (bias.defined()) std::copy_n(read<float>(bias.contiguous()), p.outputs, write<float>(biases));
  auto out = at::empty({p.images, p.outputs, p.rows, p.columns}, biases.options(), at::MemoryFormat::ChannelsLast);
  Forward a{read<float>(x), nullptr, read<float>(biases), write<float>(out), nullptr, rounds};
  if (positions) {
    const auto bytes = biases.options().dtype(at::kByte);
    const bool zero = p.pool == 1 && p.slope == 1;
    *positions = zero ? at::zeros({out.numel()}, bytes) : at::empty({out.numel()}, bytes);
    if (!zero) a.positions = write<uint8_t>(*positions);
  }
  if (in_blocks) {
    const auto &blocks = *way.tiles;
    const auto l = blocks.plan(p);
    auto packed = at::empty({l.width * l.depth}, biases.options().dtype(at::kBFloat16));
    const auto *w = read<float>(weight);
    auto *to = write<bfloat16::Half>(packed);
    for_each_index(l.width / bfloat16::edge, nanoseconds(8 * bfloat16::edge * l.depth), [&](int64_t i) { blocks.pack(p, l, w, s, to, i); });
    a.weight = reinterpret_cast<const float *>(to);
    for_each_index(l.groups, nanoseconds(l.group * p.positions() * p.taps() * p.outputs / 4),
                   [&](int64_t i) { blocks.forward(p, l, a, i); });
    return out;
  }
  if (in_tiles) {
    const auto packed = transformed(k, p, tiling, weight, s, rounds);
    a.weight = read<float>(packed);
    const auto forward = tiling.by_shifts() ? k.forward_shifts : k.forward_tiles;
    const int64_t tasks = tiling.by_shifts() ? (p.images + tiling.images - 1) / tiling.images : tiling.groups;
    for_each_index(tasks, nanoseconds(tiling.group * 36 * p.channels * p.outputs), [&](int64_t i) { forward(p, tiling, a, i); });
    return out;
  }
  const auto l = k.plan(p);
  auto packed = at::empty({l.vectors * l.lanes * p.taps()}, biases.options());
  const auto *w = read<float>(weight);
  float *to = write<float>(packed);
  a.weight = to;
  for_each_index(l.forward_blocks, nanoseconds(8 * packed.numel() / l.forward_blocks),
                 [&](int64_t i) { k.pack_forward(p, l, w, s, rounds, to, i); });
  const auto forward = in_pairs ? way.pairs : k.forward;
  for_each_index(l.groups, nanoseconds(l.group * p.positions() * p.taps() * p.outputs), [&](int64_t i) { forward(p, l, a, i); });
  return out;
}

// The sums of rows, in their order, of which the first `count` are wanted.
at::Tensor summed(const at::Tensor &rows, int64_t count) {
  auto out = at::empty({count}, rows.options());
  const auto *from = read<float>(rows);
  auto *to = write<float>(out);
  std::copy_n(from, count, to);
  for (int64_t row = 1; row < rows.size(0); row++)
    for (int64_t i = 0; i < count; i++) to[i] += from[row * rows.size(1) + i];
  return out;
}

at::Tensor dense_weight_gradient(const Kernels &k, const Problem &p, const Plan &l, const at::Tensor &x, const Gradient &gradient,
                                 at::Tensor *bias, at::Tensor out) {
  const int64_t pitch = l.vectors * l.lanes;
  auto sums = at::empty({l.batches * p.taps() * pitch}, x.options());
  Backward a = gradient.read_by_kernels();
  a.input = read<float>(x);
  a.weight_gradient = write<float>(sums);
  auto bias_sums = bias ? at::empty({l.batches, pitch}, x.options()) : at::Tensor();
  if (bias) a.bias_gradient = write<float>(bias_sums);
  for_each_index(l.batches, nanoseconds(p.images * p.cells() * p.outputs * p.taps() / l.batches),
                 [&](int64_t i) { k.dense_weight_gradient(p, l, a, i); });
  if (bias) *bias = summed(bias_sums, p.outputs);
  float *to = write<float>(out);
  for_each_index(p.channels, nanoseconds(8 * p.kernel * p.kernel * p.outputs * (1 + l.batches)),
                 [&](int64_t i) { k.unpack_dense(p, l, a.weight_gradient, layout(out), to, i); });
  return out;
}

at::Tensor input_gradient(const Way &way, const Problem &p, const at::Tensor &input, const at::Tensor &weight, Gradient &gradient) {
  const Kernels &k = *way.kernels;
  const auto l = k.plan(p);
  const auto tiling = k.tiling(exchanged(p));
  if (tiling.gradient) return winograd_input_gradient(k, p, tiling, gradient.through_activation(k, p), weight);
  auto packed = at::empty({l.packed() * p.outputs}, input.options());
  auto out = at::empty(input.sizes(), input.options(), at::MemoryFormat::ChannelsLast);
  const float *w = read<float>(weight);
  float *to = write<float>(packed);
  for_each_index(p.outputs, nanoseconds(8 * l.packed()), [&](int64_t i) { k.pack_backward(p, l, w, strides(weight), to, i); });
  Backward a = gradient.read_by_kernels();
  a.weight = to;
  a.input_gradient = write<float>(out);
  for_each_index(l.groups, nanoseconds(p.images * p.cells() * p.outputs * p.taps() / l.groups),
                 [&](int64_t i) { k.input_gradient(p, l, a, i); });
  return out;
}

// The input in blocks of channels: [block][image][row][column][channel], zeros for padding and behind the last channel.
at::Tensor in_blocks(const at::Tensor &input, const Problem &p, const Plan &l, int64_t padding) {
  if (l.blocks == 1) return laid_out<float>(input, p, l.needs_slack, padding);
  const auto x = input.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t image = p.height * p.width * l.block_channels, height = p.height - 2 * padding, width = p.width - 2 * padding;
  auto out = at::empty({l.blocks * p.images * image}, x.options());
  const float *from = read<float>(x);
  float *to = write<float>(out);
  for_each_index(p.images, nanoseconds(8 * l.blocks * image), [&](int64_t n) {
    for (int64_t block = 0; block < l.blocks; block++) {
      float *next = to + (block * p.images + n) * image;
      const int64_t first = block * l.block_channels, real = std::min(l.block_channels, p.channels - first);
      if (padding > 0 || real < l.block_channels) std::fill_n(next, image, 0.0f);
      for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
          std::copy_n(from + ((n * height + y) * width + x) * p.channels + first, real,
                      next + ((y + padding) * p.width + x + padding) * l.block_channels);
    }
  });
  return out;
}

// And the bias's, where it comes with it and there is room for it.
at::Tensor weight_gradient(const Way &way, const Problem &p, const at::Tensor &input, const at::Tensor &weight, Gradient &gradient,
                           const Options &o, at::Tensor *bias) {
  const Kernels &k = *way.kernels;
  const auto l = k.plan(p);
  const auto tiling = k.tiling(p);
  const auto plain = input.options();
  auto out = at::empty(weight.sizes(), plain, weight.suggest_memory_format());
  // Dense sums take as long as those of the forward pass, entries longer.
  if (l.dense ? tiling.gain > 1 : tiling.gradient)
    return winograd_weight_gradient(k, p, tiling, gradient.through_activation(k, p), input, out);
  if (l.dense) return dense_weight_gradient(k, p, l, laid_out<float>(input, p, l.needs_slack, o.padding), gradient, bias, out);
  const auto x = in_blocks(input, p, l, o.padding);
  auto sums = at::empty({l.batches * l.packed() * p.outputs}, plain);
  Backward a = gradient.read_by_kernels();
  a.input = read<float>(x);
  a.weight_gradient = write<float>(sums);
  at::Tensor factors, offsets, counts;
  if (!l.patches) {
    int64_t lists = 0;
    for (int64_t batch = 0; batch < l.batches; batch++) lists += blocks_in(p, l, batch);
    factors = at::empty({lists * p.outputs * l.block_cells}, plain);
    offsets = at::empty(factors.sizes(), plain.dtype(at::kInt));
    counts = at::empty({lists * p.outputs}, plain.dtype(at::kInt));
    a.factors = write<float>(factors);
    a.offsets = write<int32_t>(offsets);
    a.counts = write<int32_t>(counts);
    for_each_index(lists, nanoseconds(32 * p.outputs * l.block_cells), [&](int64_t i) { k.list_terms(p, l, a, i); });
  }
  const int64_t tasks = l.batches * l.pieces;
  for_each_index(tasks, nanoseconds(p.images * p.cells() * p.outputs * p.taps() / tasks),
                 [&](int64_t i) { k.weight_gradient(p, l, a, i); });
  float *to = write<float>(out);
  for_each_index(p.outputs, nanoseconds(8 * p.taps() * (1 + l.batches)),
                 [&](int64_t i) { k.unpack_gradient(p, l, a.weight_gradient, layout(out), to, i); });
  return out;
}

at::Tensor bias_gradient(const Way &way, const Problem &p, const Gradient &gradient) {
  auto sums = at::empty({bias_blocks, p.outputs}, gradient.given.options());
  Backward a = gradient.read_by_kernels();
  a.bias_gradient = write<float>(sums);
  for_each_index(bias_blocks, nanoseconds(8 * gradient.given.numel() / bias_blocks),
                 [&](int64_t i) { way.kernels->bias_gradient(p, a, i); });
  return summed(sums, p.outputs);
}

at::Tensor recorded(const Way &way, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o) {
  auto forward = [&]() -> Recording {
    at::Tensor positions;
    auto out = run_forward(way, input, weight, bias, o, &positions);
    return {out, {input, weight, positions}};
  };
  auto backward = [way, o](const std::vector<at::Tensor> &kept, const at::Tensor &given, const std::vector<bool> &wanted) {
    const auto &input = kept[0], &weight = kept[1];
    Gradient gradient{given.contiguous(at::MemoryFormat::ChannelsLast), kept[2], {}};
    const Problem p = problem(input, weight, o);
    std::vector<at::Tensor> out(3);
    if (wanted[0]) out[0] = input_gradient(way, p, input, weight, gradient);
    if (wanted[1]) out[1] = weight_gradient(way, p, input, weight, gradient, o, wanted[2] ? &out[2] : nullptr);
    if (wanted[2] && !out[2].defined()) out[2] = bias_gradient(way, p, gradient);
    return out;
  };
  return record(op, {input, weight, bias}, forward, backward);
}

at::Tensor run(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &given_bias, const Options &o,
               const Way *way) {
  TORCH_CHECK_VALUE(input.defined() && weight.defined(), op, ": input or weight is missing");
  TORCH_CHECK_VALUE(o.stride >= 1, op, ": stride must be 1 or more, found ", o.stride);
  TORCH_CHECK_VALUE(o.padding >= 0, op, ": padding must be 0 or more, found ", o.padding);
  TORCH_CHECK_VALUE(o.pool == 1 || o.pool == 2, op, ": pool must be 1 or 2, found ", o.pool);
  TORCH_CHECK_VALUE(std::isfinite(o.slope), op, ": slope must be finite, found ", o.slope);
  at::Tensor bias = given_bias.value_or(at::Tensor());
  if (!way || !covered(input, weight, bias, o)) return through_aten(input, weight, bias, o);
  if (needs_gradient({input, weight, bias})) return recorded(*way, input, weight, bias, o);
  return run_forward(*way, input, weight, bias, o, nullptr);
}

at::Tensor conv_pool_act(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias, int64_t stride,
                         int64_t padding, int64_t pool, double slope) {
  return run(input, weight, bias, {stride, padding, pool, slope}, way(chosen_instructions(op), chosen_precision()));
}

at::Tensor conv_pool_act_on(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias, int64_t stride,
                            int64_t padding, int64_t pool, double slope, c10::string_view instructions) {
  return run(input, weight, bias, {stride, padding, pool, slope}, named_way(instructions));
}

} // namespace
} // namespace ctorch::convolution

// Composite: the functions above choose by device themselves, and record the gradient themselves. The second is for tests
// and measurements: on a set of instructions, which "+bf16" may follow, or "off" for ATen's operators.
TORCH_LIBRARY_FRAGMENT(zoo, m) {
  m.def("conv_pool_act(Tensor input, Tensor weight, Tensor? bias, int stride, int padding, int pool, float slope) -> Tensor",
        ctorch::convolution::conv_pool_act);
  m.def("conv_pool_act.on(Tensor input, Tensor weight, Tensor? bias, int stride, int padding, int pool, float slope, "
        "str instructions) -> Tensor",
        ctorch::convolution::conv_pool_act_on);
}
