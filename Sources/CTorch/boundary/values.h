// zoo_value to libtorch's IValue and back. A tensor handle is the TensorImpl pointer itself: it costs no allocation, and
// retain is one atomic increment.
#pragma once

#include "errors.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <optional>
#include <string>

namespace ctorch {

inline c10::TensorImpl *impl(const zoo_tensor *t) { return reinterpret_cast<c10::TensorImpl *>(const_cast<zoo_tensor *>(t)); }

// A reference of our own to the caller's tensor.
inline at::Tensor borrow(const zoo_tensor *t) {
  using Pointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  return t ? at::Tensor(Pointer::reclaim_copy(impl(t))) : at::Tensor();
}

// The same, of a tensor that has to be there.
inline at::Tensor need(const zoo_tensor *t, const char *what) {
  if (!t) bad_argument(std::string(what) + ": the tensor is NULL");
  return borrow(t);
}

// One reference for the caller; NULL for the undefined tensor.
inline zoo_tensor *give(at::Tensor &&t) { return t.defined() ? reinterpret_cast<zoo_tensor *>(t.unsafeReleaseTensorImpl()) : nullptr; }

// Whether a number is one of zoo_dtype.
bool is_dtype(int64_t number);

// One argument of an operator's schema, digested once.
struct Parameter {
  explicit Parameter(const c10::Argument &);

  std::string name, type;                         // as the schema spells them
  c10::TypeKind kind;                             // of the value, optionality taken off
  c10::TypeKind element = c10::TypeKind::AnyType; // of a list
  bool optional = false, element_optional = false;
  size_t repeat = 0; // N of int[N]
  std::optional<c10::IValue> fallback;
};

// One value as the schema wants it; throws Failure where it does not fit.
c10::IValue convert(const zoo_value &, const Parameter &);
c10::IValue default_of(const Parameter &);

// A result, for `clear` to give back. Throws, and leaves ZOO_NONE, where zoo_value has no tag for it.
void put(c10::IValue &&, zoo_value &);
void clear(zoo_value *, uint32_t count) noexcept;

} // namespace ctorch
