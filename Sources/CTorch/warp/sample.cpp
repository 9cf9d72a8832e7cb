// zoo::sample: bilinear resampling of a batch at the places of a grid, for maps that no matrix gives.
#include "warp.h"

#include "parallel.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/grid_sampler.h>
#include <limits>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace ctorch::warp {
namespace {

constexpr const char *op = "zoo::sample";

Frame frame(const at::Tensor &input, const at::Tensor &grid, bool border) {
  return {input.size(1), input.size(2), input.size(3), grid.size(1), grid.size(2), border, false, interleaved(input)};
}

at::Tensor resample(const at::Tensor &input, const at::Tensor &grid, const Frame &f, Instructions set) {
  auto in = input.contiguous(format(f)), places = grid.contiguous();
  auto out = at::empty({in.size(0), f.channels, f.out_height, f.out_width}, in.options(), format(f));
  with_type(in.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = read<T>(in), *g = read<T>(places);
    T *to = write<T>(out);
    for_each_index(in.size(0), cost(f), [&](int64_t n) {
      kernels<T>(set).forward_grid(from + n * f.image(), g + n * 2 * f.out_height * f.out_width, to + n * f.output(), f);
    });
  });
  return out;
}

struct Sample : torch::autograd::Function<Sample> {
  static at::Tensor forward(torch::autograd::AutogradContext *ctx, const at::Tensor &input, const at::Tensor &grid, bool border,
                            int64_t set) {
    ctx->save_for_backward({input, grid});
    ctx->saved_data["border"] = border;
    ctx->saved_data["set"] = set;
    return resample(input, grid, frame(input, grid, border), Instructions(set));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx, torch::autograd::variable_list grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!c10::GradMode::is_enabled(), op, ": there is no second derivative; run backward without create_graph");
    torch::autograd::variable_list wanted(4);
    if (!grads[0].defined()) return wanted;
    auto saved = ctx->get_saved_variables();
    const auto f = frame(saved[0], saved[1], ctx->saved_data["border"].toBool());
    const auto set = Instructions(ctx->saved_data["set"].toInt());
    auto in = saved[0].contiguous(format(f)), places = saved[1].contiguous(), grad = grads[0].contiguous(format(f));
    if (ctx->needs_input_grad(0)) wanted[0] = at::empty_like(in, format(f));
    if (ctx->needs_input_grad(1)) wanted[1] = at::empty_like(places, at::MemoryFormat::Contiguous);
    with_type(in.scalar_type(), [&](auto zero) {
      using T = decltype(zero);
      const T *from = read<T>(in), *g = read<T>(places), *go = read<T>(grad);
      T *gi = wanted[0].defined() ? write<T>(wanted[0]) : nullptr, *gg = wanted[1].defined() ? write<T>(wanted[1]) : nullptr;
      const int64_t per_grid = 2 * f.out_height * f.out_width;
      for_each_index(in.size(0), 3 * cost(f), [&](int64_t n) {
        kernels<T>(set).backward_grid(from + n * f.image(), g + n * per_grid, go + n * f.output(), gi ? gi + n * f.image() : nullptr,
                                      gg ? gg + n * per_grid : nullptr, f);
      });
    });
    return wanted;
  }
};

at::Tensor run(const at::Tensor &input, const at::Tensor &grid, std::string_view padding, Instructions set) {
  TORCH_CHECK_VALUE(input.defined() && grid.defined(), op, ": input or grid is missing");
  TORCH_CHECK_VALUE(input.dim() == 4, op, ": input must be N×C×H×W, found shape ", input.sizes());
  TORCH_CHECK_VALUE(grid.dim() == 4 && grid.size(3) == 2, op, ": grid must be N×h×w×2, found shape ", grid.sizes());
  TORCH_CHECK_VALUE(grid.size(0) == input.size(0), op, ": the grid is for ", grid.size(0), " images, but there are ", input.size(0));
  TORCH_CHECK_VALUE(grid.size(1) > 0 && grid.size(2) > 0, op, ": a grid without places, of shape ", grid.sizes());
  TORCH_CHECK_VALUE(padding == "zeros" || padding == "border", op, ": padding must be 'zeros' or 'border', found '", std::string(padding),
                    "'");
  TORCH_CHECK_VALUE(input.scalar_type() == grid.scalar_type() && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kDouble),
                    op, ": input and grid must both be float32 or both float64, found ", input.scalar_type(), " and ", grid.scalar_type());
  TORCH_CHECK_VALUE(input.device() == grid.device(), op, ": input is on ", input.device(), ", but grid is on ", grid.device());
  const int64_t H = input.size(2), W = input.size(3);
  TORCH_CHECK_VALUE(H > 0 && W > 0, op, ": images without pixels, of shape ", input.sizes());
  constexpr int64_t most = std::numeric_limits<int32_t>::max() / 2; // pixels are counted, and places held, in 32 bits
  TORCH_CHECK_VALUE(H <= most / W, op, ": images of ", H, "×", W, " pixels are too large");
  const bool border = padding == "border";
  if (input.is_meta()) return at::empty({input.size(0), input.size(1), grid.size(1), grid.size(2)}, input.options());
  if (!input.is_cpu() || set == Instructions::off) return at::grid_sampler(input, grid, 0, border ? 1 : 0, false);
  if (c10::GradMode::is_enabled() && (input.requires_grad() || grid.requires_grad()))
    return Sample::apply(input, grid, border, int64_t(set));
  return resample(input, grid, frame(input, grid, border), set);
}

at::Tensor sample_at(const at::Tensor &input, const at::Tensor &grid, c10::string_view padding) {
  return run(input, grid, padding, chosen_instructions(op));
}

at::Tensor sample_at_on(const at::Tensor &input, const at::Tensor &grid, c10::string_view padding, c10::string_view instructions) {
  return run(input, grid, padding, named_instructions(op, instructions));
}

} // namespace
} // namespace ctorch::warp

// The same as for zoo::warp.
TORCH_LIBRARY_FRAGMENT(zoo, m) {
  m.def("sample(Tensor input, Tensor grid, str padding) -> Tensor", ctorch::warp::sample_at);
  m.def("sample.on(Tensor input, Tensor grid, str padding, str instructions) -> Tensor", ctorch::warp::sample_at_on);
}
