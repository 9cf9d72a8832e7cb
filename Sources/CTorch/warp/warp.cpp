// zoo::warp and zoo::warp_u8: bilinear resampling of a batch through affine maps or homographies, in one pass.
#include "warp.h"

#include "gradient.h"
#include "parallel.h"

#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <cmath>
#include <limits>
#include <torch/library.h>

namespace ctorch::warp {

Frame checked_frame(const char *name, const at::Tensor &images, const at::Tensor &theta, int64_t batch, at::IntArrayRef size,
                    std::string_view padding) {
  TORCH_CHECK_VALUE(images.dim() == 4, name, ": images must be N×C×H×W, found shape ", images.sizes());
  TORCH_CHECK_VALUE(theta.dim() == 3 && (theta.size(1) == 2 || theta.size(1) == 3) && theta.size(2) == 3, name,
                    ": theta must be N×2×3 or N×3×3, found shape ", theta.sizes());
  TORCH_CHECK_VALUE(theta.size(0) == batch, name, ": theta is for ", theta.size(0), " images, but there are ", batch);
  TORCH_CHECK_VALUE(size.size() == 2 && size[0] > 0 && size[1] > 0, name, ": size must be a positive height and width, found ", size);
  TORCH_CHECK_VALUE(padding == "zeros" || padding == "border", name, ": padding must be 'zeros' or 'border', found '", padding, "'");
  TORCH_CHECK_VALUE(theta.scalar_type() == at::kFloat || theta.scalar_type() == at::kDouble, name,
                    ": theta must be float32 or float64, found ", theta.scalar_type());
  TORCH_CHECK_VALUE(images.device() == theta.device(), name, ": images are on ", images.device(), ", but theta is on ", theta.device());
  int64_t H = images.size(2), W = images.size(3);
  TORCH_CHECK_VALUE(H > 0 && W > 0, name, ": images without pixels, of shape ", images.sizes());
  // Pixels are counted, and places held, in 32 bits.
  constexpr int64_t most = std::numeric_limits<int32_t>::max() / 2;
  TORCH_CHECK_VALUE(H <= most / W, name, ": images of ", H, "×", W, " pixels are too large");
  TORCH_CHECK_VALUE(size[0] <= most / size[1], name, ": an output of ", size[0], "×", size[1], " pixels is too large");
  return {images.size(1), H, W, size[0], size[1], padding == "border", theta.size(1) == 3, false};
}

at::Tensor through_grid(const at::Tensor &images, const at::Tensor &theta, const Frame &f) {
  int64_t N = theta.size(0);
  at::Tensor grid;
  if (!f.projective) {
    grid = at::affine_grid_generator(theta, {N, f.channels, f.out_height, f.out_width}, false);
  } else {
    auto identity = theta.detach().new_zeros({1, 2, 3});
    identity.select(1, 0).select(1, 0).fill_(1);
    identity.select(1, 1).select(1, 1).fill_(1);
    auto base = at::affine_grid_generator(identity, {1, f.channels, f.out_height, f.out_width}, false).reshape({1, -1, 2});
    auto places = at::matmul(at::cat({base, at::ones_like(base.narrow(2, 0, 1))}, 2), theta.transpose(1, 2));
    grid = (at::div(places.narrow(2, 0, 2), places.narrow(2, 2, 1))).reshape({N, f.out_height, f.out_width, 2});
  }
  return at::grid_sampler(images, grid, 0, f.border ? 1 : 0, false);
}

namespace {

at::Tensor resample(const at::Tensor &input, const at::Tensor &theta, const Frame &f, Instructions set) {
  auto in = input.contiguous(format(f)), th = theta.contiguous();
  auto out = at::empty({in.size(0), f.channels, f.out_height, f.out_width}, in.options(), format(f));
  with_type(in.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = read<T>(in), *t = read<T>(th);
    T *to = write<T>(out);
    for_each_index(in.size(0), cost(f), [&](int64_t n) {
      kernels<T>(set).forward(from + n * f.image(), t + n * (f.projective ? 9 : 6), to + n * f.output(), f);
    });
  });
  return out;
}

std::vector<at::Tensor> gradients(const at::Tensor &input, const at::Tensor &theta, const at::Tensor &gradient, const Frame &f,
                                  Instructions set, const std::vector<bool> &wanted) {
  auto in = input.contiguous(format(f)), th = theta.contiguous(), g = gradient.contiguous(format(f));
  std::vector<at::Tensor> out(2);
  if (wanted[0]) out[0] = at::empty_like(in, format(f));
  if (wanted[1]) out[1] = at::empty_like(th, at::MemoryFormat::Contiguous);
  with_type(in.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = read<T>(in), *t = read<T>(th), *go = read<T>(g);
    T *gi = wanted[0] ? write<T>(out[0]) : nullptr, *gt = wanted[1] ? write<T>(out[1]) : nullptr;
    const int64_t per_theta = f.projective ? 9 : 6;
    for_each_index(in.size(0), 3 * cost(f), [&](int64_t n) {
      kernels<T>(set).backward(from + n * f.image(), t + n * per_theta, go + n * f.output(), gi ? gi + n * f.image() : nullptr,
                               gt ? gt + n * per_theta : nullptr, f);
    });
  });
  return out;
}

at::Tensor run(const at::Tensor &input, const at::Tensor &theta, at::IntArrayRef size, std::string_view padding, Instructions set) {
  TORCH_CHECK_VALUE(input.defined() && theta.defined(), "zoo::warp: input or theta is missing");
  TORCH_CHECK_VALUE(input.dim() == 4, "zoo::warp: input must be N×C×H×W, found shape ", input.sizes());
  auto f = checked_frame("zoo::warp", input, theta, input.size(0), size, padding);
  TORCH_CHECK_VALUE(input.scalar_type() == theta.scalar_type(), "zoo::warp: input and theta must both be float32 or both float64, found ",
                    input.scalar_type(), " and ", theta.scalar_type());
  if (input.is_meta()) return at::empty({input.size(0), f.channels, f.out_height, f.out_width}, input.options());
  if (!input.is_cpu() || set == Instructions::off) return through_grid(input, theta, f);
  f.interleaved = interleaved(input);
  if (!needs_gradient({input, theta})) return resample(input, theta, f, set);
  return record(
      "zoo::warp", {input, theta},
      [&]() -> Recording {
        return {resample(input, theta, f, set), {input, theta}};
      },
      [f, set](const auto &kept, const auto &gradient, const auto &wanted) {
        return gradients(kept[0], kept[1], gradient, f, set, wanted);
      });
}

at::Tensor warp(const at::Tensor &input, const at::Tensor &theta, at::IntArrayRef size, c10::string_view padding) {
  return run(input, theta, size, padding, chosen_instructions("zoo::warp"));
}

at::Tensor warp_on(const at::Tensor &input, const at::Tensor &theta, at::IntArrayRef size, c10::string_view padding,
                   c10::string_view instructions) {
  return run(input, theta, size, padding, named_instructions("zoo::warp", instructions));
}

at::Tensor warp_u8(const at::Tensor &images, const at::Tensor &index, const at::Tensor &theta, at::IntArrayRef size,
                   c10::string_view padding, double mean, double std) {
  const char *name = "zoo::warp_u8";
  TORCH_CHECK_VALUE(images.defined() && index.defined() && theta.defined(), name, ": images, index or theta is missing");
  TORCH_CHECK_VALUE(images.scalar_type() == at::kByte, name, ": images must be uint8, found ", images.scalar_type());
  TORCH_CHECK_VALUE(index.dim() == 1 && index.scalar_type() == at::kLong, name, ": index must be a row of int64, found ",
                    index.scalar_type(), " of shape ", index.sizes());
  auto f = checked_frame(name, images, theta, index.size(0), size, padding);
  TORCH_CHECK_VALUE(index.device() == images.device(), name, ": images are on ", images.device(), ", but index is on ", index.device());
  TORCH_CHECK_VALUE(std::isfinite(mean) && std::isfinite(std) && std > 0, name, ": mean must be finite and std positive, found ", mean,
                    " and ", std);
  TORCH_CHECK_VALUE(!needs_gradient({theta}), name, " has no gradient; theta must not require one");
  int64_t N = index.size(0), M = images.size(0), C = f.channels;
  auto options = images.options().dtype(at::kFloat);
  if (images.is_meta()) return at::empty({N, C, f.out_height, f.out_width}, options);
  const auto set = chosen_instructions(name);
  if (!images.is_cpu() || set == Instructions::off)
    return through_grid(at::index_select(images, 0, index).to(at::kFloat), theta.to(at::kFloat), f).div_(255).sub_(mean).div_(std);
  TORCH_CHECK_VALUE(images.is_contiguous(), name, ": images must be contiguous, as a copy of a whole data set is dear");
  auto at_index = index.contiguous(), th = theta.to(at::kFloat).contiguous();
  const int64_t *which = read<int64_t>(at_index);
  for (int64_t n = 0; n < N; n++)
    TORCH_CHECK_INDEX(which[n] >= 0 && which[n] < M, name, ": index[", n, "] is ", which[n], ", but there are ", M, " images");
  auto out = at::empty({N, C, f.out_height, f.out_width}, options);
  const uint8_t *from = read<uint8_t>(images);
  const float *t = read<float>(th);
  float *to = write<float>(out);
  const float gain = float(1 / (255 * std)), offset = float(-mean / std);
  for_each_index(N, cost(f), [&](int64_t n) {
    kernels<float>(set).forward_u8(from + which[n] * C * f.height * f.width, t + n * (f.projective ? 9 : 6),
                                   to + n * C * f.out_height * f.out_width, f, gain, offset);
  });
  return out;
}

} // namespace
} // namespace ctorch::warp

// Composite: the functions above choose by device themselves, and record the gradient themselves. `on` is for tests and
// measurements: on a set of instructions, or "off" for ATen's operators.
TORCH_LIBRARY(zoo, m) {
  m.def("warp(Tensor input, Tensor theta, int[2] size, str padding) -> Tensor", ctorch::warp::warp);
  m.def("warp.on(Tensor input, Tensor theta, int[2] size, str padding, str instructions) -> Tensor", ctorch::warp::warp_on);
  m.def("warp_u8(Tensor images, Tensor index, Tensor theta, int[2] size, str padding, float mean, float std) -> Tensor",
        ctorch::warp::warp_u8);
}
