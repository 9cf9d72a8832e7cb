// zoo::norm_pool_act: batch normalisation with maximum over 2×2, activation and dropout behind it in one operator, and its gradient.
#include "fit.h"

#include "access.h"
#include "gradient.h"
#include "normalisation.h"
#include "parallel.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <cmath>
#include <torch/library.h>
#include <vector>

namespace ctorch::normalisation {
namespace {

constexpr const char *op = "zoo::norm_pool_act";

struct Options {
  bool training;
  double momentum, epsilon;
  int64_t group, pool;
  double slope, dropout;
  bool drops() const { return training && dropout > 0; }
};

// The running statistics, both undefined or neither.
struct Running {
  at::Tensor mean, variance;
};

Problem problem(const at::Tensor &input, const Options &o, uint64_t seed) {
  Problem p{input.size(0), input.size(1), input.size(2), input.size(3), o.pool, float(o.slope), seed, 0, 1};
  if (o.drops()) {
    p.dropped = uint32_t(o.dropout * 0x1p32);
    p.kept_scale = float(1 / (1 - o.dropout));
  }
  return p;
}

// The seed comes from libtorch's generator, so that its seed decides.
uint64_t drawn_seed(const Options &o) {
  if (!o.drops()) return 0;
  auto value = at::empty({}, at::kLong);
  return uint64_t(value.random_().item<int64_t>());
}

// One value for each element of a channel's group counts for all of them.
at::Tensor through_aten(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Running &running,
                        const Options &o) {
  const auto shape = input.sizes().vec();
  auto x = o.group == 1 ? input : input.reshape({shape[0], shape[1] / o.group, o.group * shape[2], shape[3]});
  auto y = at::batch_norm(x, weight, bias, running.mean, running.variance, o.training, o.momentum, o.epsilon, false);
  if (o.group != 1) y = y.reshape(shape);
  if (o.slope != 1) y = o.slope == 0 ? at::relu(y) : at::leaky_relu(y, o.slope);
  if (o.pool == 2) y = at::max_pool2d(y, 2);
  if (!o.drops()) return y;
  if (!y.is_cpu()) return at::dropout(y, o.dropout, true);
  // The kernels' own draw, so that a network does not depend on who computes it.
  auto mask = at::empty(y.sizes(), y.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast).fill_(1);
  kernels(Instructions::portable).drop(problem(input, o, drawn_seed(o)), write<float>(mask), 0, mask.numel());
  return at::mul(y, mask.to(y.scalar_type()));
}

bool covered(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Running &running) {
  auto plain = [](const at::Tensor &t) { return t.is_cpu() && t.scalar_type() == at::kFloat && t.layout() == at::kStrided; };
  if (!plain(input) || input.numel() == 0) return false;
  for (const auto *t : {&weight, &bias, &running.mean, &running.variance})
    if (!plain(*t) || t->dim() != 1 || !t->is_contiguous()) return false;
  return input.size(1) < 1 << 13;
}

int64_t nanoseconds(const Problem &p, const Plan &l) { return 1 + p.total() / l.tasks; }

// One number for each channel, its group's, as often as a period has it.
std::vector<float> periods(const Problem &p, const Plan &l, int64_t group, const std::vector<double> &values) {
  std::vector<float> all(size_t(l.period));
  for (int64_t k = 0; k < l.period; k++) all[size_t(k)] = float(values[size_t(k % p.channels / group)]);
  return all;
}

// What the statistics of a batch are: of each group of channels the mean, and Σ (x - mean)².
struct Moments {
  std::vector<double> mean, squares;
};

Moments moments(const Kernels &k, const Problem &p, int64_t group, const at::Tensor &x) {
  const auto l = make_plan(p, false);
  std::vector<double> means(size_t(l.tasks * p.channels)), squares(means.size());
  for_each_index(l.tasks, nanoseconds(p, l),
                 [&](int64_t i) { k.moments(p, l, read<float>(x), i, &means[size_t(i * p.channels)], &squares[size_t(i * p.channels)]); });
  Moments all{std::vector<double>(size_t(p.channels / group)), std::vector<double>(size_t(p.channels / group))};
  std::vector<double> before(all.mean.size());
  for (int64_t i = 0; i < l.tasks; i++) {
    const int64_t end = std::min(l.strips * (i + 1) / l.tasks * l.strip, p.total());
    const double pixels = double((end - l.strips * i / l.tasks * l.strip) / p.channels);
    for (int64_t c = 0; c < p.channels; c++) {
      const auto to = size_t(c / group), from = size_t(i * p.channels + c);
      const double delta = means[from] - all.mean[to], share = pixels / (before[to] + pixels);
      all.mean[to] += delta * share;
      all.squares[to] += squares[from] + delta * delta * before[to] * share;
      before[to] += pixels;
    }
  }
  return all;
}

at::Tensor kept(const std::vector<double> &values, const at::TensorOptions &options) {
  auto tensor = at::empty({int64_t(values.size())}, options.dtype(at::kDouble));
  std::copy(values.begin(), values.end(), write<double>(tensor));
  return tensor;
}

// The output, and what backward needs: positions of the maxima, mean and 1/σ of each group.
struct Result {
  at::Tensor output, positions, mean, inverse;
};

Result run_forward(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Running &running,
                   const Options &o) {
  const auto p = problem(input, o, drawn_seed(o));
  const auto groups = size_t(weight.size(0));
  auto x = input.contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<double> mean(groups), inverse(groups), scale(groups), shift(groups);
  float *running_mean = write<float>(running.mean), *running_variance = write<float>(running.variance);
  const double count = double(p.total() / weight.size(0));
  auto batch = o.training ? moments(k, p, o.group, x) : Moments{};
  for (size_t c = 0; c < groups; c++) {
    mean[c] = o.training ? batch.mean[c] : double(running_mean[c]);
    const double variance = o.training ? batch.squares[c] / count : double(running_variance[c]);
    inverse[c] = 1 / std::sqrt(variance + o.epsilon);
    scale[c] = double(read<float>(weight)[c]) * inverse[c];
    shift[c] = double(read<float>(bias)[c]) - mean[c] * scale[c];
    if (!o.training) continue;
    running_mean[c] = float((1 - o.momentum) * double(running_mean[c]) + o.momentum * mean[c]);
    running_variance[c] = float((1 - o.momentum) * double(running_variance[c]) + o.momentum * batch.squares[c] / (count - 1));
  }
  const auto l = make_plan(p, p.pool == 2);
  Result r;
  r.output = at::empty({p.images, p.channels, p.rows(), p.columns()}, x.options(), at::MemoryFormat::ChannelsLast);
  if (p.pool == 2) r.positions = at::empty({p.output()}, x.options().dtype(at::kByte));
  r.mean = kept(mean, x.options());
  r.inverse = kept(inverse, x.options());
  const auto scales = periods(p, l, o.group, scale), shifts = periods(p, l, o.group, shift);
  const Apply a{read<float>(x), scales.data(), shifts.data(), write<float>(r.output), p.pool == 2 ? write<uint8_t>(r.positions) : nullptr};
  for_each_index(l.tasks, nanoseconds(p, l), [&](int64_t i) { k.apply(p, l, a, i); });
  return r;
}

struct Gradients {
  at::Tensor input, weight, bias;
};

Gradients run_backward(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const Result &r, const at::Tensor &gradient,
                       const Options &o) {
  const auto p = problem(input, o, 0);
  const auto l = make_plan(p, p.pool == 2);
  const auto groups = weight.size(0);
  auto x = input.contiguous(at::MemoryFormat::ChannelsLast), g = gradient.contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<double> mean(read<double>(r.mean), read<double>(r.mean) + groups);
  const auto means = periods(p, l, o.group, mean);
  Backward a{};
  a.input = read<float>(x);
  a.output = r.output.defined() ? read<float>(r.output) : nullptr;
  a.gradient = read<float>(g);
  a.mean = means.data();
  a.positions = r.positions.defined() ? read<uint8_t>(r.positions) : nullptr;
  std::vector<double> plains(size_t(l.tasks * p.channels)), products(plains.size());
  for_each_index(l.tasks, 2 * nanoseconds(p, l),
                 [&](int64_t i) { k.sums(p, l, a, i, &plains[size_t(i * p.channels)], &products[size_t(i * p.channels)]); });
  std::vector<double> plain(static_cast<size_t>(groups)), product(plain.size()), scale(plain.size()), slope(plain.size()),
      constant(plain.size());
  for (size_t i = 0; i < plains.size(); i++) {
    const size_t c = i % size_t(p.channels) / size_t(o.group);
    plain[c] += plains[i];
    product[c] += products[i];
  }
  Gradients out{at::empty_like(x, at::MemoryFormat::ChannelsLast), at::empty_like(weight), at::empty_like(weight)};
  const double count = double(p.total() / groups);
  for (size_t c = 0; c < plain.size(); c++) {
    const double inverse = read<double>(r.inverse)[c];
    write<float>(out.weight)[c] = float(product[c] * inverse);
    write<float>(out.bias)[c] = float(plain[c]);
    scale[c] = double(read<float>(weight)[c]) * inverse;
    if (!o.training) continue; // the statistics do not depend on the batch
    slope[c] = scale[c] * product[c] / count * inverse * inverse;
    constant[c] = scale[c] * plain[c] / count;
  }
  const auto scales = periods(p, l, o.group, scale), slopes = periods(p, l, o.group, slope), constants = periods(p, l, o.group, constant);
  a.scale = scales.data(), a.slope = slopes.data(), a.constant = constants.data();
  a.input_gradient = write<float>(out.input);
  for_each_index(l.tasks, 2 * nanoseconds(p, l), [&](int64_t i) { k.gradient(p, l, a, i); });
  return out;
}

at::Tensor recorded(const Kernels &k, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Running &running,
                    const Options &o) {
  auto forward = [&]() -> Recording {
    auto r = run_forward(k, input, weight, bias, running, o);
    return {r.output, {input, weight, o.slope == 1 ? at::Tensor() : r.output, r.positions, r.mean, r.inverse}};
  };
  auto backward = [&k, o](const std::vector<at::Tensor> &kept, const at::Tensor &gradient, const std::vector<bool> &) {
    auto all = run_backward(k, kept[0], kept[1], {kept[2], kept[3], kept[4], kept[5]}, gradient, o);
    return std::vector<at::Tensor>{all.input, all.weight, all.bias};
  };
  return record(op, {input, weight, bias}, forward, backward);
}

at::Tensor run(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
               const at::Tensor &variance, const Options &o, Instructions set) {
  for (const auto *t : {&input, &weight, &bias, &mean, &variance}) TORCH_CHECK_VALUE(t->defined(), op, ": a tensor is missing");
  TORCH_CHECK_VALUE(input.dim() == 4, op, ": input must be N×C×H×W, found shape ", input.sizes());
  TORCH_CHECK_VALUE(o.group >= 1 && input.size(1) == weight.numel() * o.group, op, ": input has ", input.size(1),
                    " channels, but there are ", weight.numel(), " weights for ", o.group, " channels each");
  for (const auto *t : {&bias, &mean, &variance})
    TORCH_CHECK_VALUE(t->sizes() == weight.sizes() && weight.dim() == 1, op,
                      ": weight, bias, running_mean and running_var must be rows of one length");
  TORCH_CHECK_VALUE(o.pool == 1 || o.pool == 2, op, ": pool must be 1 or 2, found ", o.pool);
  TORCH_CHECK_VALUE(o.pool == 1 || (input.size(2) > 1 && input.size(3) > 1), op, ": images of ", input.size(2), "×", input.size(3),
                    " pixels are too small to pool");
  TORCH_CHECK_VALUE(o.slope >= 0 && std::isfinite(o.slope), op, ": slope must be finite and not negative, found ", o.slope);
  TORCH_CHECK_VALUE(o.dropout >= 0 && o.dropout < 1, op, ": dropout must be at least 0 and less than 1, found ", o.dropout);
  TORCH_CHECK_VALUE(o.dropout == 0 || o.slope == 0, op, ": dropout needs ReLU (slope 0) before it, found slope ", o.slope);
  const Running running{mean, variance};
  if (set == Instructions::off || !covered(input, weight, bias, running)) return through_aten(input, weight, bias, running, o);
  if (needs_gradient({input, weight, bias})) return recorded(kernels(set), input, weight, bias, running, o);
  return run_forward(kernels(set), input, weight, bias, running, o).output;
}

at::Tensor norm_pool_act(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
                         const at::Tensor &variance, bool training, double momentum, double epsilon, int64_t group, int64_t pool,
                         double slope, double dropout) {
  return run(input, weight, bias, mean, variance, {training, momentum, epsilon, group, pool, slope, dropout}, chosen_instructions(op));
}

at::Tensor norm_pool_act_on(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &mean,
                            const at::Tensor &variance, bool training, double momentum, double epsilon, int64_t group, int64_t pool,
                            double slope, double dropout, c10::string_view instructions) {
  return run(input, weight, bias, mean, variance, {training, momentum, epsilon, group, pool, slope, dropout},
             named_instructions(op, instructions));
}

at::Tensor fold_norm(const at::Tensor &kernels, const at::Tensor &factors) { return kernels.mul(factors.reshape({-1, 1, 1, 1})); }

} // namespace
} // namespace ctorch::normalisation

// fold_norm is a product like any other: its name tells a counter of operations that the convolution with its result does
// a batch norm's work, too. norm_pool_act works as zoo::conv_pool_act does.
TORCH_LIBRARY_FRAGMENT(zoo, m) {
  m.def("fold_norm(Tensor kernels, Tensor factors) -> Tensor", ctorch::normalisation::fold_norm);
  m.def("norm_pool_act(Tensor input, Tensor weight, Tensor bias, Tensor running_mean, Tensor running_var, bool training, "
        "float momentum, float eps, int group, int pool, float slope, float dropout) -> Tensor",
        ctorch::normalisation::norm_pool_act);
  m.def("norm_pool_act.on(Tensor input, Tensor weight, Tensor bias, Tensor running_mean, Tensor running_var, bool training, "
        "float momentum, float eps, int group, int pool, float slope, float dropout, str instructions) -> Tensor",
        ctorch::normalisation::norm_pool_act_on);
}
