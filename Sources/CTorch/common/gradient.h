#pragma once

#include <ATen/core/Tensor.h>
#include <functional>
#include <vector>

namespace ctorch {

/// An operator's output, and the tensors that its backward needs: inputs, the output, or what was found on the way.
struct Recording {
  at::Tensor output;
  std::vector<at::Tensor> kept;
};

/// The gradients of the inputs, in their order, from what forward kept and the gradient of the output. Those that are not
/// wanted may be left undefined.
using Backward = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor> &kept, const at::Tensor &gradient,
                                                       const std::vector<bool> &wanted)>;

/// Whether autograd wants to know of an operator on these inputs; those that are not given are undefined.
bool needs_gradient(at::TensorList inputs);

/// Runs an operator and records it in autograd's graph, for a first derivative only. PyTorch's headers for this take
/// several seconds to compile, so that no operator includes them itself.
at::Tensor record(const char *op, at::TensorList inputs, const std::function<Recording()> &forward, Backward backward);

} // namespace ctorch
