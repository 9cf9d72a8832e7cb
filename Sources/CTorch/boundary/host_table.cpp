// The host's table: tensors, errors and the extensions. Operators are in operators.cpp.
#include "host_table.h"
#include "aotinductor.h"
#include "cuda.h"
#include "operators.h"
#include "program_file.h"
#include "torchscript.h"
#include "values.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>

namespace ctorch {
namespace {

void log_to_stderr(zoo_log_level, const char *message) { std::fprintf(stderr, "%s\n", message ? message : ""); }

zoo_status no_parts(zoo_builder *, const char *, const zoo_build_v1 *, zoo_part_v1 *) {
  return fail(ZOO_UNSUPPORTED, "this host builds no parts");
}

void retain(zoo_tensor *t) {
  if (t) c10::raw::intrusive_ptr::incref(impl(t));
}

void release(zoo_tensor *t) {
  if (t) c10::raw::intrusive_ptr::decref(impl(t));
}

void describe(const zoo_tensor *t, zoo_tensor_info *out) {
  if (!out) return;
  static const int64_t nothing = 0;
  *out = {ZOO_F32, ZOO_CPU, -1, 0, 0, 1, &nothing, &nothing, nullptr};
  if (!t) return;
  // Tensors without sizes, strides or memory of the usual kind (sparse, nested) throw when asked: such fields stay empty.
  guard([&] {
    auto *p = impl(t);
    out->dtype = zoo_dtype(c10::typeMetaToScalarType(p->dtype()));
    out->device = zoo_device_type(p->device().type());
    out->device_index = p->device().index();
    out->requires_grad = p->requires_grad();
    auto sizes = p->sizes();
    auto strides = p->strides();
    out->contiguous = p->is_contiguous();
    out->ndim = int32_t(sizes.size());
    if (!sizes.empty()) {
      out->sizes = sizes.data();
      out->strides = strides.data();
    }
    if (p->has_storage()) out->data = p->mutable_data();
  });
}

// The sizes that `from_data` was given, checked: libtorch itself takes negative and overflowing ones for granted.
c10::IntArrayRef checked_sizes(const void *data, zoo_dtype dtype, const int64_t *sizes, int32_t ndim, bool shared) {
  constexpr int32_t most = 64;
  if (!is_dtype(dtype)) bad_argument("from_data: no dtype has the number " + std::to_string(int(dtype)));
  if (ndim < 0 || ndim > most) bad_argument("from_data: a tensor has 0 to 64 dimensions, found " + std::to_string(ndim));
  if (ndim > 0 && !sizes) bad_argument("from_data: sizes is NULL");
  int64_t width = int64_t(c10::elementSize(c10::ScalarType(dtype))), bytes = width;
  bool empty = false;
  for (int32_t i = 0; i < ndim; i++) {
    if (sizes[i] < 0) bad_argument("from_data: size " + std::to_string(i) + " is negative: " + std::to_string(sizes[i]));
    empty = empty || sizes[i] == 0;
  }
  // With a zero among the sizes there are no elements, but strides are products of the others.
  for (int32_t i = 0; i < ndim; i++)
    if (sizes[i] > 0 && __builtin_mul_overflow(bytes, sizes[i], &bytes)) bad_argument("from_data: the sizes are more than memory can hold");
  if (!empty && !data) bad_argument("from_data: data is NULL");
  if (shared && reinterpret_cast<uintptr_t>(data) % uintptr_t(width) != 0)
    bad_argument("from_data: shared memory must be aligned to " + std::to_string(width) + " bytes, the size of an element");
  return {sizes, size_t(ndim)};
}

zoo_status from_data(const void *data, zoo_dtype dtype, const int64_t *sizes, int32_t ndim, void (*deleter)(void *), void *context,
                     zoo_tensor **out) {
  if (out) *out = nullptr;
  return guard([&] {
    // Runs the deleter exactly once, however this ends: its constructor too calls it before it throws.
    std::shared_ptr<void> owner;
    if (deleter) owner = std::shared_ptr<void>(context, deleter);
    if (!out) bad_argument("from_data: out is NULL");
    auto shape = checked_sizes(data, dtype, sizes, ndim, deleter != nullptr);
    auto options = at::TensorOptions().dtype(c10::ScalarType(dtype));
    if (deleter) {
      *out = give(at::from_blob(
          const_cast<void *>(data), shape, [owner](void *) mutable { owner.reset(); }, options));
      return;
    }
    auto t = at::empty(shape, options);
    if (t.nbytes() > 0) std::memcpy(t.mutable_data_ptr(), data, t.nbytes());
    *out = give(std::move(t));
  });
}

zoo_status grad(const zoo_tensor *t, zoo_tensor **out) {
  if (!out) return fail(ZOO_BAD_ARGUMENT, "grad: out is NULL");
  *out = nullptr;
  route_warnings();
  return guard([&] { *out = give(at::Tensor(need(t, "grad").grad())); });
}

zoo_status set_grad(zoo_tensor *t, zoo_tensor *grad) {
  return guard([&] {
    auto leaf = need(t, "set_grad");
    auto g = borrow(grad);
    if (!leaf.is_leaf()) bad_argument("set_grad: the tensor is not a leaf");
    if (g.defined()) {
      if (g.sizes() != leaf.sizes())
        bad_argument("set_grad: tensor and gradient differ in shape: " + c10::str(leaf.sizes(), " and ", g.sizes()));
      if (g.scalar_type() != leaf.scalar_type() || g.device() != leaf.device())
        bad_argument("set_grad: tensor and gradient differ in dtype or device");
    }
    leaf.mutable_grad() = std::move(g);
  });
}

zoo_status require_grad(zoo_tensor *t, int32_t on) {
  return guard([&] {
    auto leaf = need(t, "require_grad");
    if (!leaf.is_leaf()) bad_argument("require_grad: the tensor is not a leaf");
    if (on && !leaf.is_floating_point() && !leaf.is_complex()) bad_argument("require_grad: only floating-point tensors have gradients");
    leaf.set_requires_grad(on != 0);
  });
}

zoo_status generator(zoo_device_type device, int32_t index, uint64_t seed, zoo_value *out) {
  if (!out) return fail(ZOO_BAD_ARGUMENT, "generator: out is NULL");
  *out = {};
  return guard([&] {
    at::Generator made;
    if (device == ZOO_CPU) {
      made = at::detail::createCPUGenerator(seed);
    } else {
      if (device != ZOO_CUDA || index < -1 || index >= enabled_cuda_devices())
        bad_argument("generator: no device of type " + std::to_string(int(device)) + " with index " + std::to_string(index) +
                     " is enabled");
      auto standard = at::globalContext().defaultGenerator(c10::Device(c10::DeviceType::CUDA, c10::DeviceIndex(index)));
      std::lock_guard hold(standard.mutex());
      made = standard.clone();
      made.set_current_seed(seed);
    }
    out->as.object = made.unsafeReleaseGeneratorImpl();
    out->tag = ZOO_GENERATOR;
  });
}

const zoo_random_v1 random_extension = {sizeof(zoo_random_v1), generator};

const void *extension(const char *id) {
  if (!id) return nullptr;
  if (std::strcmp(id, ZOO_EXT_RANDOM) == 0) return &random_extension;
  if (std::strcmp(id, ZOO_EXT_TORCHSCRIPT) == 0) return &torchscript_extension;
  if (std::strcmp(id, ZOO_EXT_TORCHSCRIPT_OUTPUTS) == 0) return &torchscript_outputs_extension;
  if (std::strcmp(id, ZOO_EXT_AOTINDUCTOR) == 0) return &aotinductor_extension;
  return nullptr;
}

int32_t grad_mode() { return c10::GradMode::is_enabled(); }
void set_grad_mode(int32_t on) { c10::GradMode::set_enabled(on != 0); }

zoo_host_v1 table = {
    .magic = ZOO_MAGIC,
    .abi_major = ZOO_ABI_MAJOR,
    .abi_minor = ZOO_ABI_MINOR,
    .struct_size = sizeof(zoo_host_v1),
    .engine = "libtorch " TORCH_VERSION,
    .last_error = last_error,
    .fail = fail,
    .log = log_to_stderr,
    .retain = retain,
    .release = release,
    .describe = describe,
    .from_data = from_data,
    .grad = grad,
    .set_grad = set_grad,
    .require_grad = require_grad,
    .find_op = find_op,
    .schema = schema,
    .call_op = call_op,
    .clear = clear,
    .grad_mode = grad_mode,
    .set_grad_mode = set_grad_mode,
    .make_part = no_parts,
    .extension = extension,
};

} // namespace

void set_host_callbacks(void (*log)(zoo_log_level, const char *),
                        zoo_status (*make_part)(zoo_builder *, const char *, const zoo_build_v1 *, zoo_part_v1 *),
                        zoo_open_program open_program) {
  open_programs_with(open_program);
  if (log) table.log = log;
  if (make_part) table.make_part = make_part;
}

const zoo_host_v1 *host_table() { return &table; }

} // namespace ctorch
