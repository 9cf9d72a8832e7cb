// A RecordFunction has one member more in a build with assertions, which libtorch's own, without them, never sets.
#ifndef NDEBUG
#define NDEBUG
#endif

#include "observation.h"

#include <ATen/record_function.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace ctorch {
namespace {

// Who is told. The lock is held shared while the observer runs, so that `observe` waits for it.
struct Eye {
  std::shared_mutex lock;
  zoo_observer observer = nullptr;
  void *context = nullptr;
  at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
};

Eye &eye = *new Eye; // outlives every thread

thread_local int32_t depth = 0;

// Shapes are copied: an operator may change its arguments, which are out of reach once it has run.
struct Value {
  std::vector<int64_t> sizes;
  int32_t ndim = -1;
  int32_t is_number = 0;
  int64_t number = 0;
  const void *identity = nullptr;

  explicit Value(const c10::IValue &value) {
    if (value.isInt()) {
      is_number = 1;
      number = value.toInt();
    } else if (value.isBool()) {
      is_number = 1;
      number = value.toBool();
    } else if (value.isTensor() && value.toTensor().defined()) {
      const auto &tensor = value.toTensor();
      // Nested and sparse tensors have no sizes of the usual kind, and throw when asked.
      try {
        auto all = tensor.sizes();
        sizes.assign(all.begin(), all.end());
        ndim = int32_t(sizes.size());
        identity = tensor.unsafeGetTensorImpl();
      } catch (const std::exception &) {
        ndim = -1;
      }
    }
  }

  zoo_observed seen() const { return {ndim, is_number, number, sizes.data(), identity}; }
};

struct Call final : at::ObserverContext {
  std::string name;
  std::vector<Value> inputs;
};

// A stack of the interpreter holds other values below an operator's own.
template <class List> std::vector<Value> last(const List &list, size_t count) {
  std::vector<Value> values;
  count = std::min(count, list.size());
  values.reserve(count);
  for (size_t i = list.size() - count; i < list.size(); i++) values.emplace_back(list[i]);
  return values;
}

std::unique_ptr<at::ObserverContext> start(const at::RecordFunction &function) {
  auto name = function.operator_name();
  // Of a user's scopes only those are of interest that stand for arithmetic which no operator shows.
  if (!name && std::strncmp(function.name(), "zoo::", 5) != 0) return nullptr;
  auto call = std::make_unique<Call>();
  call->name = name ? name->name : function.name();
  if (name) call->inputs = last(function.inputs(), function.num_inputs());
  depth++;
  return call;
}

void end(const at::RecordFunction &function, at::ObserverContext *context) {
  auto *call = static_cast<Call *>(context);
  if (!call) return;
  depth--;
  const auto count = function.operator_name() ? function.num_outputs() : 0;
  // An operator that failed gives nothing.
  if (function.outputs().size() < count) return;
  const auto outputs = last(function.outputs(), count);
  std::vector<zoo_observed> in, out;
  for (const auto &value : call->inputs) in.push_back(value.seen());
  for (const auto &value : outputs) out.push_back(value.seen());
  std::shared_lock hold(eye.lock);
  if (eye.observer) eye.observer(eye.context, call->name.c_str(), depth, in.data(), uint32_t(in.size()), out.data(), uint32_t(out.size()));
}

} // namespace

void observe(zoo_observer observer, void *context) noexcept {
  std::unique_lock hold(eye.lock);
  eye.observer = observer;
  eye.context = context;
  if (eye.handle != at::INVALID_CALLBACK_HANDLE) at::removeCallback(eye.handle);
  eye.handle = observer ? at::addGlobalCallback(at::RecordFunctionCallback(start, end)
                                                    .needsInputs(true)
                                                    .needsOutputs(true)
                                                    .scopes({at::RecordScope::FUNCTION, at::RecordScope::USER_SCOPE}))
                        : at::INVALID_CALLBACK_HANDLE;
}

} // namespace ctorch
