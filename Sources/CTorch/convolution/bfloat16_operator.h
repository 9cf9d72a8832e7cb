// zoo::conv_pool_act in bfloat16, for tensors; see convolution.cpp for what calls it.
#pragma once

#include "bfloat16.h"
#include "convolution_operator.h"

namespace ctorch::bfloat16 {

using convolution::Options;

at::Tensor run_forward(const Kernels &, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias, const Options &,
                       at::Tensor *positions);

at::Tensor input_gradient(const Kernels &, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &positions,
                          const at::Tensor &gradient, const Options &);

at::Tensor weight_gradient(const Kernels &, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &positions,
                           const at::Tensor &gradient, const Options &);

} // namespace ctorch::bfloat16
