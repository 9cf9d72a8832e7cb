// The memory of a tensor, for kernels. They run on the CPU, so a tensor of a device that gets here is an error, not a crash.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

namespace ctorch {

// Untyped access: the typed one has no symbol that clang finds in some libtorch builds.
template <class T> const T *read(const at::Tensor &t) {
  TORCH_CHECK(t.is_cpu(), "the zoo's kernels run on the CPU, and were given a tensor on ", t.device());
  return static_cast<const T *>(t.const_data_ptr());
}

template <class T> T *write(const at::Tensor &t) {
  TORCH_CHECK(t.is_cpu(), "the zoo's kernels run on the CPU, and were given a tensor on ", t.device());
  return static_cast<T *>(t.mutable_data_ptr());
}

} // namespace ctorch
