/* For plugins in C++ that link libtorch themselves: the host's tensors as at::Tensor and back, without a copy.
 *
 * A handle is the engine's own TensorImpl, so this works only where plugin and host use one and the same libtorch, loaded once. The
 * descriptor has to say which: "engine: libtorch 2.13.0". A host of another version reads that line in the file, and the
 * library's needed libraries, before it loads anything, and refuses. Gradients flow through: it is the same autograd.
 * Link libtorch_cpu.so and libc10.so, and nothing with a main or a Python in it. */
#ifndef ZOO_TORCH_HPP
#define ZOO_TORCH_HPP

#include "zoo_tensor.hpp"

#include <ATen/core/Tensor.h>

namespace ZOO_HIDDEN zoo {

/* The same tensor; both share the reference count. */
inline at::Tensor to_torch(const Tensor &t) {
  using Pointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  return t ? at::Tensor(Pointer::reclaim_copy(reinterpret_cast<c10::TensorImpl *>(t.get()))) : at::Tensor();
}

inline Tensor from_torch(at::Tensor t) {
  return t.defined() ? Tensor::adopt(reinterpret_cast<zoo_tensor *>(t.unsafeReleaseTensorImpl())) : Tensor();
}

} // namespace zoo

#endif
