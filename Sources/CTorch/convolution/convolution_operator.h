// What the operator makes of tensors for its kernels: the problem's sizes, and images with their padding.
#pragma once

#include "access.h"
#include "convolution.h"
#include "parallel.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <array>

namespace ctorch::convolution {

struct Options {
  int64_t stride, padding, pool;
  double slope;
};

inline Problem problem(const at::Tensor &input, const at::Tensor &weight, const Options &o) {
  Problem p{};
  p.images = input.size(0);
  p.channels = input.size(1);
  p.height = input.size(2) + 2 * o.padding;
  p.width = input.size(3) + 2 * o.padding;
  p.outputs = weight.size(0);
  p.kernel = weight.size(2);
  p.stride = o.stride;
  p.padding = o.padding;
  p.pool = o.pool;
  p.slope = float(o.slope);
  p.rows = ((p.height - p.kernel) / p.stride + 1) / p.pool;
  p.columns = ((p.width - p.kernel) / p.stride + 1) / p.pool;
  return p;
}

inline int64_t nanoseconds(int64_t products) { return 1 + products / 16; }

// Images × rows × columns × channels in one block of memory, with zeros for padding, and slack behind if wanted. T is float, or
// uint16_t for bfloat16.
template <class T> at::Tensor laid_out(const at::Tensor &input, const Problem &p, bool with_slack, int64_t padding) {
  auto x = input.contiguous(at::MemoryFormat::ChannelsLast);
  if (padding == 0 && !with_slack) return x;
  auto copy = at::empty({p.images * p.image() + slack}, x.options());
  const T *from = read<T>(x);
  T *to = write<T>(copy);
  const int64_t width = (p.width - 2 * padding) * p.channels, height = p.height - 2 * padding, side = padding * p.channels;
  for_each_index(p.images, nanoseconds(4 * p.image()), [&](int64_t n) {
    const T *source = from + n * height * width;
    T *next = to + n * p.image();
    next = std::fill_n(next, padding * p.width * p.channels + side, T(0));
    for (int64_t y = 0; y < height; y++, source += width) {
      next = std::copy_n(source, width, next);
      next = std::fill_n(next, y + 1 < height ? 2 * side : side, T(0));
    }
    std::fill_n(next, padding * p.width * p.channels, T(0));
  });
  std::fill_n(to + p.images * p.image(), slack, T(0));
  return copy;
}

inline Strides strides(const at::Tensor &weight) { return {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)}; }

} // namespace ctorch::convolution
