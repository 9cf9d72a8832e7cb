#include "values.h"

#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

// Our numbers are libtorch's. Should a future libtorch renumber, this fails to compile, and a mapping belongs here.
static_assert(int(c10::ScalarType::Byte) == ZOO_U8 && int(c10::ScalarType::Char) == ZOO_I8 && int(c10::ScalarType::Short) == ZOO_I16 &&
              int(c10::ScalarType::Int) == ZOO_I32 && int(c10::ScalarType::Long) == ZOO_I64 && int(c10::ScalarType::Half) == ZOO_F16 &&
              int(c10::ScalarType::Float) == ZOO_F32 && int(c10::ScalarType::Double) == ZOO_F64 && int(c10::ScalarType::Bool) == ZOO_B8 &&
              int(c10::ScalarType::BFloat16) == ZOO_BF16);
static_assert(int(c10::DeviceType::CPU) == ZOO_CPU && int(c10::DeviceType::CUDA) == ZOO_CUDA);
static_assert(int(c10::MemoryFormat::Contiguous) == ZOO_CONTIGUOUS && int(c10::MemoryFormat::Preserve) == ZOO_PRESERVE &&
              int(c10::MemoryFormat::ChannelsLast) == ZOO_CHANNELS_LAST);
static_assert(int(c10::Layout::Strided) == 0);
static_assert(sizeof(zoo_value) == 16);

namespace ctorch {

using c10::IValue;
using c10::TypeKind;

namespace {

const char *tag_name(zoo_tag tag) {
  static const char *const names[] = {"none",    "default", "bool",        "int",   "double", "string",        "tensor", "ints",
                                      "doubles", "bools",   "tensor list", "dtype", "device", "memory format", "layout", "generator"};
  return unsigned(tag) < std::size(names) ? names[unsigned(tag)] : "value with an unknown tag";
}

[[noreturn]] void misfit(const Parameter &p, const std::string &found) {
  bad_argument("argument '" + p.name + "' wants " + p.type + ", found " + found);
}

template <class T> c10::ArrayRef<T> elements(const T *first, uint32_t count, const Parameter &p) {
  if (count > 0 && !first) misfit(p, "a list whose elements are NULL");
  return {first, count};
}

IValue tensor_list(const zoo_value &v, const Parameter &p) {
  auto handles = elements<zoo_tensor *>(v.as.tensors, v.count, p);
  if (p.element_optional) {
    c10::List<std::optional<at::Tensor>> list;
    list.reserve(handles.size());
    for (auto *t : handles) list.push_back(t ? std::optional(borrow(t)) : std::nullopt);
    return list;
  }
  c10::List<at::Tensor> list;
  list.reserve(handles.size());
  for (auto *t : handles) {
    if (!t) misfit(p, "a list with a NULL tensor");
    list.push_back(borrow(t));
  }
  return list;
}

bool is_list(const Parameter &p, TypeKind element) { return p.kind == TypeKind::ListType && p.element == element; }

// malloc'ed, as `clear` frees it. One byte more than asked for: never NULL for an empty list, and room for a NUL.
template <class T> T *allocate(size_t count) {
  if (count > std::numeric_limits<uint32_t>::max()) throw Failure(ZOO_UNSUPPORTED, "a result with more than 2^32 - 1 elements");
  if (auto *p = static_cast<T *>(std::malloc(sizeof(T) * count + 1))) return p;
  throw std::bad_alloc();
}

template <class T, class List> const T *copied(const List &list) {
  T *p = allocate<T>(list.size());
  for (size_t i = 0; i < list.size(); i++) p[i] = T(list[i]);
  return p;
}

void put_tensors(std::vector<at::Tensor> &&list, zoo_value &v) {
  auto **p = allocate<zoo_tensor *>(list.size());
  for (size_t i = 0; i < list.size(); i++) p[i] = give(std::move(list[i]));
  v.tag = ZOO_TENSORS;
  v.count = uint32_t(list.size());
  v.as.tensors = p;
}

void release(zoo_tensor *t) noexcept {
  if (t) c10::raw::intrusive_ptr::decref(impl(t));
}

} // namespace

bool is_dtype(int64_t number) { return (number >= ZOO_U8 && number <= ZOO_F64) || number == ZOO_B8 || number == ZOO_BF16; }

// The real type tells ScalarType, Layout and MemoryFormat from int, all of which the dispatcher carries as int; a
// SymInt is an int to us.
Parameter::Parameter(const c10::Argument &a)
    : name(a.name()), type(a.real_type()->str()), repeat(a.N().value_or(0)), fallback(a.default_value()) {
  auto strip = [](c10::TypePtr &t) {
    if (t->kind() != TypeKind::OptionalType) return false;
    t = t->castRaw<c10::OptionalType>()->getElementType();
    return true;
  };
  auto plain = [](TypeKind k) { return k == TypeKind::SymIntType ? TypeKind::IntType : k; };
  c10::TypePtr t = a.real_type();
  optional = strip(t);
  kind = plain(t->kind());
  if (kind == TypeKind::ListType) {
    t = t->castRaw<c10::ListType>()->getElementType();
    element_optional = strip(t);
    element = plain(t->kind());
  }
}

IValue default_of(const Parameter &p) {
  if (!p.fallback) bad_argument("argument '" + p.name + "' (" + p.type + ") is missing and has no default");
  return *p.fallback;
}

IValue convert(const zoo_value &v, const Parameter &p) {
  switch (v.tag) {
  case ZOO_DEFAULT: return default_of(p);
  case ZOO_NONE:
    if (p.optional) return {};
    if (p.kind == TypeKind::TensorType) return at::Tensor();
    break;
  case ZOO_BOOL:
    if (p.kind == TypeKind::BoolType || p.kind == TypeKind::NumberType) return v.as.i != 0;
    break;
  case ZOO_INT:
    if (p.kind == TypeKind::IntType || p.kind == TypeKind::NumberType) return v.as.i;
    if (p.kind == TypeKind::FloatType) return double(v.as.i);
    if (p.kind == TypeKind::BoolType) return v.as.i != 0;
    if (p.repeat > 0 && is_list(p, TypeKind::IntType)) return std::vector<int64_t>(p.repeat, v.as.i);
    break;
  case ZOO_DOUBLE:
    if (p.kind == TypeKind::FloatType || p.kind == TypeKind::NumberType) return v.as.d;
    break;
  case ZOO_STRING:
    if (p.kind == TypeKind::StringType) {
      auto text = elements(v.as.string, v.count, p);
      return std::string(text.begin(), text.end());
    }
    break;
  case ZOO_TENSOR:
    if (p.kind == TypeKind::TensorType) {
      if (!v.as.tensor && p.optional) return {};
      return borrow(v.as.tensor);
    }
    break;
  case ZOO_INTS:
    if (is_list(p, TypeKind::IntType)) return elements(v.as.ints, v.count, p);
    if (is_list(p, TypeKind::FloatType)) {
      auto list = elements(v.as.ints, v.count, p);
      return std::vector<double>(list.begin(), list.end());
    }
    break;
  case ZOO_DOUBLES:
    if (is_list(p, TypeKind::FloatType)) return elements(v.as.doubles, v.count, p);
    break;
  case ZOO_BOOLS:
    if (is_list(p, TypeKind::BoolType)) {
      c10::List<bool> list;
      list.reserve(v.count);
      for (uint8_t b : elements(v.as.bools, v.count, p)) list.push_back(b != 0);
      return list;
    }
    break;
  case ZOO_TENSORS:
    if (is_list(p, TypeKind::TensorType)) return tensor_list(v, p);
    break;
  case ZOO_SCALAR_TYPE:
    if (p.kind == TypeKind::ScalarTypeType) {
      if (!is_dtype(v.as.i)) misfit(p, "dtype " + std::to_string(v.as.i));
      return v.as.i;
    }
    break;
  case ZOO_MEMORY_FORMAT:
    if (p.kind == TypeKind::MemoryFormatType) {
      if (v.as.i < ZOO_CONTIGUOUS || v.as.i > ZOO_CHANNELS_LAST) misfit(p, "memory format " + std::to_string(v.as.i));
      return v.as.i;
    }
    break;
  case ZOO_LAYOUT:
    if (p.kind == TypeKind::LayoutType) {
      if (v.as.i != 0) misfit(p, "layout " + std::to_string(v.as.i));
      return v.as.i;
    }
    break;
  case ZOO_DEVICE:
    if (p.kind == TypeKind::DeviceObjType) {
      if (v.count > ZOO_CUDA || v.as.i < -1 || v.as.i > std::numeric_limits<c10::DeviceIndex>::max())
        misfit(p, "device type " + std::to_string(v.count) + ", index " + std::to_string(v.as.i));
      return c10::Device(c10::DeviceType(v.count), c10::DeviceIndex(v.as.i));
    }
    break;
  case ZOO_GENERATOR:
    if (p.kind == TypeKind::GeneratorType) {
      if (!v.as.object) misfit(p, "a generator that is NULL");
      return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy(static_cast<c10::GeneratorImpl *>(v.as.object)));
    }
    break;
  }
  misfit(p, tag_name(v.tag));
}

void put(IValue &&x, zoo_value &v) {
  v = {}; // ZOO_NONE
  if (x.isTensor()) {
    if ((v.as.tensor = give(std::move(x).toTensor()))) v.tag = ZOO_TENSOR;
  } else if (x.isNone()) {
  } else if (x.isInt()) {
    v.as.i = x.toInt();
    v.tag = ZOO_INT;
  } else if (x.isDouble()) {
    v.as.d = x.toDouble();
    v.tag = ZOO_DOUBLE;
  } else if (x.isBool()) {
    v.as.i = x.toBool();
    v.tag = ZOO_BOOL;
  } else if (x.isTensorList()) {
    put_tensors(std::move(x).toTensorVector(), v);
  } else if (x.isOptionalTensorList()) {
    std::vector<at::Tensor> list;
    for (const std::optional<at::Tensor> &t : x.toOptionalTensorVector()) list.push_back(t.value_or(at::Tensor()));
    put_tensors(std::move(list), v);
  } else if (x.isIntList()) {
    auto list = x.toIntVector();
    v.as.ints = copied<int64_t>(list);
    v.count = uint32_t(list.size());
    v.tag = ZOO_INTS;
  } else if (x.isDoubleList()) {
    auto list = x.toDoubleVector();
    v.as.doubles = copied<double>(list);
    v.count = uint32_t(list.size());
    v.tag = ZOO_DOUBLES;
  } else if (x.isBoolList()) {
    auto list = x.toBoolList();
    v.as.bools = copied<uint8_t>(list);
    v.count = uint32_t(list.size());
    v.tag = ZOO_BOOLS;
  } else if (x.isString()) {
    const auto &text = x.toStringRef();
    char *p = allocate<char>(text.size());
    std::memcpy(p, text.data(), text.size());
    p[text.size()] = 0;
    v.as.string = p;
    v.count = uint32_t(text.size());
    v.tag = ZOO_STRING;
  } else if (x.isDevice()) {
    auto device = x.toDevice();
    v.as.i = device.index();
    v.count = uint32_t(device.type());
    v.tag = ZOO_DEVICE;
  } else if (x.isGenerator()) {
    v.as.object = x.toGenerator().unsafeReleaseGeneratorImpl();
    v.tag = ZOO_GENERATOR;
  } else {
    throw Failure(ZOO_UNSUPPORTED, "a result of type " + x.tagKind() + " cannot be handed out");
  }
}

void clear(zoo_value *v, uint32_t count) noexcept {
  if (!v) return;
  for (; count > 0; count--, v++) {
    switch (v->tag) {
    case ZOO_TENSOR: release(v->as.tensor); break;
    case ZOO_TENSORS:
      for (uint32_t i = 0; i < v->count; i++) release(v->as.tensors[i]);
      std::free(v->as.object);
      break;
    case ZOO_INTS:
    case ZOO_DOUBLES:
    case ZOO_BOOLS:
    case ZOO_STRING: std::free(v->as.object); break;
    case ZOO_GENERATOR:
      if (v->as.object) c10::raw::intrusive_ptr::decref(static_cast<c10::GeneratorImpl *>(v->as.object));
      break;
    default: break;
    }
    *v = {};
  }
}

} // namespace ctorch
