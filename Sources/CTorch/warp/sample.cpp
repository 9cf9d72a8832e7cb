// zoo::sample: bilinear resampling of a batch at the places of a grid, for maps that no matrix gives.
#include "warp.h"

#include "gradient.h"
#include "parallel.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/grid_sampler.h>
#include <limits>
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

std::vector<at::Tensor> gradients(const at::Tensor &input, const at::Tensor &grid, const at::Tensor &gradient, const Frame &f,
                                  Instructions set, const std::vector<bool> &wanted) {
  auto in = input.contiguous(format(f)), places = grid.contiguous(), grad = gradient.contiguous(format(f));
  std::vector<at::Tensor> out(2);
  if (wanted[0]) out[0] = at::empty_like(in, format(f));
  if (wanted[1]) out[1] = at::empty_like(places, at::MemoryFormat::Contiguous);
  with_type(in.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = read<T>(in), *g = read<T>(places), *go = read<T>(grad);
    T *gi = wanted[0] ? write<T>(out[0]) : nullptr, *gg = wanted[1] ? write<T>(out[1]) : nullptr;
    const int64_t per_grid = 2 * f.out_height * f.out_width;
    for_each_index(in.size(0), 3 * cost(f), [&](int64_t n) {
      kernels<T>(set).backward_grid(from + n * f.image(), g + n * per_grid, go + n * f.output(), gi ? gi + n * f.image() : nullptr,
                                    gg ? gg + n * per_grid : nullptr, f);
    });
  });
  return out;
}

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
  const auto f = frame(input, grid, border);
  if (!needs_gradient({input, grid})) return resample(input, grid, f, set);
  return record(
      op, {input, grid},
      [&]() -> Recording {
        return {resample(input, grid, f, set), {input, grid}};
      },
      [f, set](const auto &kept, const auto &gradient, const auto &wanted) {
        return gradients(kept[0], kept[1], gradient, f, set, wanted);
      });
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
