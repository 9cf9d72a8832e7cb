// zoo::conv_pool_act: convolution, bias, maximum over 2×2 and activation in one operator, and its gradient.
#include "fit.h"

#include "convolution.h"
#include "instructions.h"
#include "parallel.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <array>
#include <cmath>
#include <limits>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace ctorch::convolution {

namespace {

constexpr const char *op = "zoo::conv_pool_act";

#if !defined(__x86_64__)
const Kernels avx2 = portable, avx512 = portable;
#endif

// Null is ATen's way.
const Kernels *kernels_for(Instructions set) {
  switch (set) {
  case Instructions::off: return nullptr;
  case Instructions::portable: return &portable;
  case Instructions::avx2: return &avx2;
  case Instructions::avx512: return &avx512;
  }
  return nullptr;
}

struct Options {
  int64_t stride, padding, pool;
  double slope;
};

at::Tensor through_aten(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o) {
  auto y = at::conv2d(input, weight, bias, o.stride, o.padding);
  if (o.pool > 1) y = at::max_pool2d(y, o.pool);
  return o.slope == 1 ? y : o.slope == 0 ? at::relu(y) : at::leaky_relu(y, o.slope);
}

Problem problem(const at::Tensor &input, const at::Tensor &weight, const Options &o) {
  Problem p{};
  p.images = input.size(0);
  p.channels = input.size(1);
  p.height = input.size(2) + 2 * o.padding;
  p.width = input.size(3) + 2 * o.padding;
  p.outputs = weight.size(0);
  p.kernel = weight.size(2);
  p.stride = o.stride;
  p.pool = o.pool;
  p.slope = float(o.slope);
  p.rows = ((p.height - p.kernel) / p.stride + 1) / p.pool;
  p.columns = ((p.width - p.kernel) / p.stride + 1) / p.pool;
  return p;
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

template <class T> const T *read(const at::Tensor &t) { return static_cast<const T *>(t.const_data_ptr()); }
template <class T> T *write(const at::Tensor &t) { return static_cast<T *>(t.mutable_data_ptr()); }

int64_t nanoseconds(int64_t products) { return 1 + products / 16; }

// Images × rows × columns × channels in one block of memory, with zeros for padding, and slack behind if the plan wants it.
at::Tensor laid_out(const at::Tensor &input, const Problem &p, const Plan &l, int64_t padding) {
  auto x = input.contiguous(at::MemoryFormat::ChannelsLast);
  if (padding == 0 && !l.needs_slack) return x;
  auto copy = at::empty({p.images * p.image() + slack}, x.options());
  const float *from = read<float>(x);
  float *to = write<float>(copy);
  const int64_t width = (p.width - 2 * padding) * p.channels, height = p.height - 2 * padding, side = padding * p.channels;
  for_each_index(p.images, nanoseconds(4 * p.image()), [&](int64_t n) {
    const float *source = from + n * height * width;
    float *next = to + n * p.image();
    next = std::fill_n(next, padding * p.width * p.channels + side, 0.0f);
    for (int64_t y = 0; y < height; y++, source += width) {
      next = std::copy_n(source, width, next);
      next = std::fill_n(next, y + 1 < height ? 2 * side : side, 0.0f);
    }
    std::fill_n(next, padding * p.width * p.channels, 0.0f);
  });
  std::fill_n(to + p.images * p.image(), slack, 0.0f);
  return copy;
}

Strides strides(const at::Tensor &weight) { return {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)}; }

// The output, and where wanted the positions of its maxima.
at::Tensor run_forward(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &o,
                       at::Tensor *positions) {
  const auto p = problem(input, weight, o);
  const auto l = k.plan(p);
  auto x = laid_out(input, p, l, o.padding);
  auto packed = at::empty({l.vectors * l.lanes * p.taps()}, input.options());
  auto biases = at::zeros({l.vectors * l.lanes}, packed.options());
  if (bias.defined()) biases.narrow(0, 0, p.outputs).copy_(bias.detach());
  auto out = at::empty({p.images, p.outputs, p.rows, p.columns}, packed.options(), at::MemoryFormat::ChannelsLast);
  if (positions) *positions = at::empty({out.numel()}, packed.options().dtype(at::kByte));
  float *to = write<float>(packed);
  const float *w = read<float>(weight);
  for_each_index(l.forward_blocks, nanoseconds(16 * packed.numel() / l.forward_blocks),
                 [&](int64_t i) { k.pack_forward(p, l, w, strides(weight), to, i); });
  const Forward a{read<float>(x), to, read<float>(biases), write<float>(out), positions ? write<uint8_t>(*positions) : nullptr};
  for_each_index(l.groups, nanoseconds(l.group * p.positions() * p.taps() * p.outputs), [&](int64_t i) { k.forward(p, l, a, i); });
  return out;
}

struct Gradients {
  at::Tensor input, weight, bias;
};

Gradients run_backward(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &positions,
                       const at::Tensor &gradient, const Options &o, const std::array<bool, 3> &wanted) {
  const auto p = problem(input, weight, o);
  const auto l = k.plan(p);
  auto g = gradient.contiguous(at::MemoryFormat::ChannelsLast);
  auto plain = input.options();
  Backward a{};
  a.gradient = read<float>(g);
  a.positions = read<uint8_t>(positions);
  Gradients out;
  const int64_t products = p.images * p.cells() * p.outputs * p.taps();
  if (wanted[0]) {
    auto packed = at::empty({l.packed() * p.outputs}, plain);
    auto all = at::empty({p.images, p.channels, p.height, p.width}, plain, at::MemoryFormat::ChannelsLast);
    const float *w = read<float>(weight);
    float *to = write<float>(packed);
    for_each_index(l.pieces, nanoseconds(16 * packed.numel() / l.pieces),
                   [&](int64_t i) { k.pack_backward(p, l, w, strides(weight), to, i); });
    a.weight = to;
    a.input_gradient = write<float>(all);
    for_each_index(l.groups, nanoseconds(products / l.groups), [&](int64_t i) { k.input_gradient(p, l, a, i); });
    out.input =
        o.padding == 0
            ? all
            : all.narrow(2, o.padding, input.size(2)).narrow(3, o.padding, input.size(3)).contiguous(at::MemoryFormat::ChannelsLast);
  }
  if (wanted[1]) {
    auto x = laid_out(input, p, l, o.padding);
    auto sums = at::empty({l.batches * l.packed() * p.outputs}, plain);
    out.weight = at::empty({p.outputs, p.channels, p.kernel, p.kernel}, plain);
    at::Tensor entries, counts;
    a.input = read<float>(x);
    a.weight_gradient = write<float>(sums);
    if (l.pieces > 1) {
      int64_t blocks = 0;
      for (int64_t batch = 0; batch < l.batches; batch++) blocks += blocks_in(p, l, batch);
      entries = at::empty({blocks * p.outputs * l.block_cells * int64_t(sizeof(Entry))}, plain.dtype(at::kByte));
      counts = at::empty({blocks * p.outputs}, plain.dtype(at::kInt));
      a.entries = static_cast<Entry *>(entries.mutable_data_ptr());
      a.counts = write<int32_t>(counts);
      for_each_index(blocks, nanoseconds(32 * p.outputs * l.block_cells), [&](int64_t i) { k.list_entries(p, l, a, i); });
    }
    const int64_t tasks = l.batches * l.pieces;
    for_each_index(tasks, nanoseconds(products / tasks), [&](int64_t i) { k.weight_gradient(p, l, a, i); });
    float *to = write<float>(out.weight);
    for_each_index(p.outputs, nanoseconds(16 * p.taps() * l.batches),
                   [&](int64_t i) { k.unpack_gradient(p, l, a.weight_gradient, to, i); });
  }
  if (wanted[2]) {
    auto sums = at::empty({bias_blocks, p.outputs}, plain);
    a.bias_gradient = write<float>(sums);
    for_each_index(bias_blocks, nanoseconds(8 * g.numel() / bias_blocks), [&](int64_t i) { k.bias_gradient(p, a, i); });
    out.bias = at::empty({p.outputs}, plain);
    float *to = write<float>(out.bias);
    for (int64_t i = 0; i < p.outputs; i++) {
      to[i] = a.bias_gradient[i];
      for (int64_t block = 1; block < bias_blocks; block++) to[i] += a.bias_gradient[block * p.outputs + i];
    }
  }
  return out;
}

struct ConvPoolAct : torch::autograd::Function<ConvPoolAct> {
  static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &input, const at::Tensor &weight,
                            const std::optional<at::Tensor> &bias, int64_t stride, int64_t padding, int64_t pool, double slope,
                            int64_t kernels) {
    at::Tensor positions;
    auto out = run_forward(*reinterpret_cast<const Kernels *>(kernels), input, weight, bias.value_or(at::Tensor()),
                           {stride, padding, pool, slope}, &positions);
    ctx->save_for_backward({input, weight});
    ctx->saved_data["positions"] = positions;
    ctx->saved_data["bias"] = bias.has_value();
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["padding"] = padding;
    ctx->saved_data["pool"] = pool;
    ctx->saved_data["slope"] = slope;
    ctx->saved_data["kernels"] = kernels;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!c10::GradMode::is_enabled(), op, ": there is no second derivative; run backward without create_graph");
    torch::autograd::variable_list out(8);
    if (!grads[0].defined()) return out;
    auto &data = ctx->saved_data;
    auto saved = ctx->get_saved_variables();
    auto all = run_backward(*reinterpret_cast<const Kernels *>(data["kernels"].toInt()), saved[0], saved[1], data["positions"].toTensor(),
                            grads[0], {data["stride"].toInt(), data["padding"].toInt(), data["pool"].toInt(), data["slope"].toDouble()},
                            {ctx->needs_input_grad(0), ctx->needs_input_grad(1), data["bias"].toBool() && ctx->needs_input_grad(2)});
    out[0] = all.input;
    out[1] = all.weight;
    out[2] = all.bias;
    return out;
  }
};

at::Tensor run(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &given_bias, const Options &o,
               const Kernels *kernels) {
  TORCH_CHECK_VALUE(input.defined() && weight.defined(), op, ": input or weight is missing");
  TORCH_CHECK_VALUE(o.stride >= 1, op, ": stride must be 1 or more, found ", o.stride);
  TORCH_CHECK_VALUE(o.padding >= 0, op, ": padding must be 0 or more, found ", o.padding);
  TORCH_CHECK_VALUE(o.pool == 1 || o.pool == 2, op, ": pool must be 1 or 2, found ", o.pool);
  TORCH_CHECK_VALUE(std::isfinite(o.slope), op, ": slope must be finite, found ", o.slope);
  at::Tensor bias = given_bias.value_or(at::Tensor());
  if (!kernels || !covered(input, weight, bias, o)) return through_aten(input, weight, bias, o);
  if (c10::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad())))
    return ConvPoolAct::apply(input, weight, bias.defined() ? std::optional(bias) : std::nullopt, o.stride, o.padding, o.pool, o.slope,
                              reinterpret_cast<int64_t>(kernels));
  return run_forward(*kernels, input, weight, bias, o, nullptr);
}

at::Tensor conv_pool_act(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias, int64_t stride,
                         int64_t padding, int64_t pool, double slope) {
  return run(input, weight, bias, {stride, padding, pool, slope}, kernels_for(chosen_instructions(op)));
}

at::Tensor conv_pool_act_on(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias, int64_t stride,
                            int64_t padding, int64_t pool, double slope, c10::string_view instructions) {
  return run(input, weight, bias, {stride, padding, pool, slope}, kernels_for(named_instructions(op, instructions)));
}

} // namespace
} // namespace ctorch::convolution

// Composite: the functions above choose by device themselves, and record the gradient themselves. The second is for tests
// and measurements: on a set of instructions, or "off" for ATen's operators.
TORCH_LIBRARY_FRAGMENT(zoo, m) {
  m.def("conv_pool_act(Tensor input, Tensor weight, Tensor? bias, int stride, int padding, int pool, float slope) -> Tensor",
        ctorch::convolution::conv_pool_act);
  m.def("conv_pool_act.on(Tensor input, Tensor weight, Tensor? bias, int stride, int padding, int pool, float slope, "
        "str instructions) -> Tensor",
        ctorch::convolution::conv_pool_act_on);
}
