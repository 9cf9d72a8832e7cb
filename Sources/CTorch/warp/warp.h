// What the operators share: checks, the kernels for the processor at hand, and the way over ATen's own operators.
#pragma once

#include "fit.h"

#include "access.h"
#include "instructions.h"
#include "warp_kernel.h"

#include <ATen/core/Tensor.h>
#include <string_view>

namespace ctorch::warp {

// Kernels for one image; see warp_kernel.h.
template <class T> struct Kernels {
  void (*forward)(const T *in, const T *theta, T *out, const Frame &);
  void (*backward)(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &);
  void (*forward_u8)(const uint8_t *in, const T *theta, T *out, const Frame &, T gain, T offset);
  void (*forward_grid)(const T *in, const T *grid, T *out, const Frame &);
  void (*backward_grid)(const T *in, const T *grid, const T *grad_out, T *grad_in, T *grad_grid, const Frame &);
};
template <class T> const Kernels<T> &kernels(Instructions);

// Checks shapes; `name` is the operator's, for messages. images: N or M × C × H × W; theta: batch × 2|3 × 3.
Frame checked_frame(const char *name, const at::Tensor &images, const at::Tensor &theta, int64_t batch, at::IntArrayRef size,
                    std::string_view padding);

// The warp by affine_grid_generator and grid_sampler, on any device; float images.
at::Tensor through_grid(const at::Tensor &images, const at::Tensor &theta, const Frame &);

// About how long one image takes, in nanoseconds.
inline int64_t cost(const Frame &f) { return f.out_height * f.out_width * (4 + 3 * f.channels); }

// body(float()) or body(double()).
template <class Body> void with_type(at::ScalarType type, Body &&body) {
  if (type == at::kFloat)
    body(float());
  else
    body(double());
}

// Outputs and gradients are laid out as the images are.
inline bool interleaved(const at::Tensor &t) {
  return t.size(1) > 1 && !t.is_contiguous() && t.is_contiguous(at::MemoryFormat::ChannelsLast);
}
inline at::MemoryFormat format(const Frame &f) { return f.interleaved ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous; }

} // namespace ctorch::warp
