#include "operators.h"

#include "host_table.h"
#include "values.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <atomic>
#include <c10/util/Exception.h>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

struct zoo_op {
  c10::OperatorHandle handle;
  std::vector<ctorch::Parameter> parameters;
  uint32_t results;
  std::string schema;
};

namespace ctorch {
namespace {

// Who is told of calls. While nobody is, a call pays one look at a flag.
struct Ear {
  std::atomic<bool> open{false};
  std::shared_mutex lock; // held shared while the listener runs, so that `listen` waits for it
  zoo_listener listener = nullptr;
  void *context = nullptr;
};

Ear &ear = *new Ear; // outlives every thread

void tell(const zoo_op *op, const zoo_value *in, uint32_t n_in, const zoo_value *out, uint32_t n_out) {
  std::shared_lock hold(ear.lock);
  if (ear.listener) ear.listener(ear.context, op, in, n_in, out, n_out);
}

struct Warnings final : c10::WarningHandler {
  void process(const c10::Warning &warning) override {
    const std::string &text = warning.msg();
    // libtorch repeats this at every call, with a page of advice.
    const auto end = text.find(" does not have a deterministic implementation");
    if (end == text.npos) return host_table()->log(ZOO_LOG_WARNING, text.c_str());
    const std::string name = text.substr(0, end);
    {
      static std::mutex lock;
      static auto &told = *new std::set<std::string>;
      std::lock_guard hold(lock);
      if (!told.insert(name).second) return;
    }
    host_table()->log(ZOO_LOG_WARNING, (name + " adds in no fixed order on this device: the same run may end in other bits").c_str());
  }
};

std::string spell(const std::string &name, const std::string &overload) { return overload.empty() ? name : name + "." + overload; }

// What a caller probably wanted: the overloads under the same name.
[[noreturn]] void not_found(const std::string &name, const std::string &overload) {
  std::string known;
  for (const auto &other : c10::Dispatcher::singleton().getAllOpNames())
    if (other.name == name) known += (known.empty() ? "'" : ", '") + other.overload_name + "'";
  auto text = "no operator " + spell(name, overload) + " in libtorch " TORCH_VERSION;
  if (!known.empty()) text += "; overloads of " + name + ": " + known;
  throw Failure(ZOO_NOT_FOUND, text);
}

} // namespace

void route_warnings() noexcept {
  thread_local bool done = false;
  if (done) return;
  static auto &handler = *new Warnings; // outlives every thread
  c10::WarningUtils::set_warning_handler(&handler);
  done = true;
}

zoo_status find_op(const char *name, const char *overload, const zoo_op **out) noexcept {
  if (!name || !out) return fail(ZOO_BAD_ARGUMENT, "find_op: name or out is NULL");
  *out = nullptr;
  return guard([&] {
    // Never destroyed: plugins keep the pointers for ever.
    static std::mutex &lock = *new std::mutex;
    static auto &known = *new std::unordered_map<std::string, std::unique_ptr<zoo_op>>;
    c10::OperatorName full(name, overload ? overload : "");
    auto key = spell(full.name, full.overload_name);
    std::lock_guard hold(lock);
    if (auto i = known.find(key); i != known.end()) {
      *out = i->second.get();
      return;
    }
    auto found = c10::Dispatcher::singleton().findSchema(full);
    if (!found) not_found(full.name, full.overload_name);
    const auto &s = found->schema();
    if (s.is_vararg() || s.is_varret()) throw Failure(ZOO_UNSUPPORTED, "operator " + key + " takes or gives no fixed number of values");
    auto op = std::make_unique<zoo_op>(zoo_op{*found, {}, uint32_t(s.returns().size()), c10::toString(s)});
    op->parameters.reserve(s.arguments().size());
    for (const auto &a : s.arguments()) op->parameters.emplace_back(a);
    *out = (known[key] = std::move(op)).get();
  });
}

const char *schema(const zoo_op *op) noexcept { return op ? op->schema.c_str() : ""; }

zoo_status call_op(const zoo_op *op, const zoo_value *in, uint32_t n_in, zoo_value *out, uint32_t room, uint32_t *n_out) noexcept {
  if (n_out) *n_out = op ? op->results : 0;
  if (!op) return fail(ZOO_BAD_ARGUMENT, "call_op: the operator is NULL");
  if (!in && n_in > 0) return fail(ZOO_BAD_ARGUMENT, "call_op: the values are NULL");
  route_warnings();
  uint32_t written = 0;
  auto status = guard([&] {
    const auto &parameters = op->parameters;
    if (n_in > parameters.size()) bad_argument(std::to_string(n_in) + " values are too many for " + op->schema);
    if (op->results > (out ? room : 0))
      bad_argument("room for " + std::to_string(out ? room : 0) + " results is too little for " + op->schema);
    std::vector<c10::IValue> stack;
    stack.reserve(std::max<size_t>(parameters.size(), op->results));
    try {
      for (size_t i = 0; i < parameters.size(); i++) stack.push_back(i < n_in ? convert(in[i], parameters[i]) : default_of(parameters[i]));
    } catch (const Failure &e) {
      throw Failure(e.status, spell(op->handle.operator_name().name, op->handle.operator_name().overload_name) + ": " + e.what());
    }
    op->handle.callBoxed(stack);
    if (stack.size() != op->results) throw Failure(ZOO_ERROR, "not as many results as in " + op->schema);
    for (auto &value : stack) {
      put(std::move(value), out[written]);
      written++;
    }
  });
  if (status != ZOO_OK && out) {
    clear(out, written);
    for (uint32_t i = 0; i < room && i < op->results; i++) out[i] = {};
  }
  if (status == ZOO_OK && ear.open.load(std::memory_order_acquire)) tell(op, in, n_in, out, written);
  return status;
}

void listen(zoo_listener listener, void *context) noexcept {
  std::unique_lock hold(ear.lock);
  ear.listener = listener;
  ear.context = context;
  ear.open.store(listener != nullptr, std::memory_order_release);
}

} // namespace ctorch
