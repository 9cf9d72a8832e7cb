/* Tensors, operators and settings for plugins in C++17: the first half of zoo_plugin.hpp, which explains them. */
#ifndef ZOO_TENSOR_HPP
#define ZOO_TENSOR_HPP

#include "zoo_plugin.h"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__GNUC__)
#define ZOO_HIDDEN __attribute__((visibility("hidden")))
#else
#define ZOO_HIDDEN
#endif

namespace ZOO_HIDDEN zoo {

/* The host's table, set when the plugin is loaded. */
inline const zoo_host_v1 *host = nullptr;

/* What failed, on either side. */
struct Error : std::runtime_error {
  zoo_status status;
  explicit Error(const std::string &message, zoo_status status = ZOO_ERROR) : runtime_error(message), status(status) {}
};

[[noreturn]] inline void bad_argument(const std::string &message) { throw Error(message, ZOO_BAD_ARGUMENT); }

/* Throws what the host reported. */
inline void check(zoo_status status) {
  if (status != ZOO_OK) throw Error(host->last_error(), status);
}

/* Runs `body` and turns what it throws into a status and a text: nothing may cross the boundary. */
template <class Body> zoo_status guard(Body &&body) noexcept {
  try {
    std::forward<Body>(body)();
    return ZOO_OK;
  } catch (const Error &e) {
    return host->fail(e.status, e.what());
  } catch (const std::bad_alloc &) {
    return host->fail(ZOO_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &e) {
    return host->fail(ZOO_ERROR, e.what());
  } catch (...) {
    return host->fail(ZOO_ERROR, "an exception of unknown type");
  }
}

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

/* One counted reference to a tensor of the host's engine; copying shares it. */
class Tensor {
public:
  Tensor() = default;
  Tensor(const Tensor &other) : handle(other.handle) { host->retain(handle); }
  Tensor(Tensor &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
  Tensor &operator=(Tensor other) noexcept {
    std::swap(handle, other.handle);
    return *this;
  }
  ~Tensor() {
    if (handle) host->release(handle);
  }

  /* Takes over a reference that is ours already. */
  static Tensor adopt(zoo_tensor *handle) {
    Tensor t;
    t.handle = handle;
    return t;
  }
  /* Adds a reference to one that somebody lends. */
  static Tensor share(zoo_tensor *handle) {
    host->retain(handle);
    return adopt(handle);
  }
  /* A copy of memory, row-major, on the CPU. */
  static Tensor of(const std::vector<float> &values, const std::vector<int64_t> &sizes) {
    int64_t count = 1;
    for (int64_t size : sizes) count *= size;
    if (count != int64_t(values.size())) bad_argument("the values do not fill the sizes");
    zoo_tensor *out = nullptr;
    check(host->from_data(values.data(), ZOO_F32, sizes.data(), int32_t(sizes.size()), nullptr, nullptr, &out));
    return adopt(out);
  }

  explicit operator bool() const { return handle; }
  zoo_tensor *get() const { return handle; }
  /* Gives the reference away. */
  zoo_tensor *release() { return std::exchange(handle, nullptr); }

  zoo_tensor_info info() const {
    zoo_tensor_info info;
    host->describe(handle, &info);
    return info;
  }
  std::vector<int64_t> sizes() const {
    auto i = info();
    return {i.sizes, i.sizes + i.ndim};
  }
  int32_t ndim() const { return info().ndim; }
  int64_t size(int32_t dimension) const {
    auto i = info();
    if (dimension < -i.ndim || dimension >= i.ndim) bad_argument("no dimension " + std::to_string(dimension));
    return i.sizes[dimension < 0 ? dimension + i.ndim : dimension];
  }
  /* Records gradients from now on; of a leaf. */
  Tensor requires_grad() const {
    check(host->require_grad(handle, 1));
    return *this;
  }

private:
  zoo_tensor *handle = nullptr;
};

/* An argument of an operator. Lists and strings that it is made from are kept until the call is over. */
class Value {
public:
  Value(std::nullptr_t) : value{ZOO_NONE, 0, {0}} {}
  Value(bool on) : value{ZOO_BOOL, 0, {on}} {}
  Value(int number) : value{ZOO_INT, 0, {number}} {}
  Value(int64_t number) : value{ZOO_INT, 0, {number}} {}
  Value(double number) : value{ZOO_DOUBLE, 0, {0}} { value.as.d = number; }
  Value(const Tensor &t) : value{ZOO_TENSOR, 0, {0}}, tensor(t) { value.as.tensor = tensor.get(); }
  Value(const char *text) : Value(std::string(text)) {}
  Value(std::string text) : value{ZOO_STRING, uint32_t(text.size()), {0}}, text(std::move(text)) {}
  Value(std::vector<int64_t> list) : value{ZOO_INTS, uint32_t(list.size()), {0}}, ints(std::move(list)) {}
  Value(std::initializer_list<int64_t> list) : Value(std::vector<int64_t>(list)) {}
  Value(std::vector<double> list) : value{ZOO_DOUBLES, uint32_t(list.size()), {0}}, doubles(std::move(list)) {}
  Value(std::vector<Tensor> list) : value{ZOO_TENSORS, uint32_t(list.size()), {0}}, tensors(std::move(list)) {
    for (const Tensor &t : tensors) handles.push_back(t.get());
  }
  static Value type(zoo_dtype dtype) { return number(ZOO_SCALAR_TYPE, dtype); }
  /* The schema's default, for an argument in the middle. */
  static Value standard() { return number(ZOO_DEFAULT, 0); }

  /* Points into this value: valid as long as it is and stays where it is. */
  zoo_value raw() const {
    zoo_value v = value;
    switch (v.tag) {
    case ZOO_STRING: v.as.string = text.c_str(); break;
    case ZOO_INTS: v.as.ints = ints.data(); break;
    case ZOO_DOUBLES: v.as.doubles = doubles.data(); break;
    case ZOO_TENSORS: v.as.tensors = handles.data(); break;
    default: break;
    }
    return v;
  }

private:
  static Value number(zoo_tag tag, int64_t number) {
    Value v(number);
    v.value.tag = tag;
    return v;
  }
  zoo_value value;
  Tensor tensor;
  std::string text;
  std::vector<int64_t> ints;
  std::vector<double> doubles;
  std::vector<Tensor> tensors;
  std::vector<zoo_tensor *> handles;
};

/* An operator of the engine by name and overload. Found when it is made, so make it inside a function (`static const`), or in a
 * constructor: before the plugin is loaded there is no host to ask. */
class Operator {
public:
  explicit Operator(const char *name, const char *overload = "") { check(host->find_op(name, overload, &op)); }

  /* The usual shape: one tensor comes out. */
  template <class... A> Tensor operator()(const A &...arguments) const {
    auto all = tensors(arguments...);
    if (all.size() != 1) bad_argument(std::string(host->schema(op)) + ": the result is not one tensor");
    return std::move(all[0]);
  }

  /* All tensors that come out, those of lists included. */
  template <class... A> std::vector<Tensor> tensors(const A &...arguments) const {
    const Value values[] = {Value(arguments)..., Value(nullptr)}; // one more than there are: C++ has no empty arrays
    zoo_value in[sizeof...(A) + 1], out[most] = {};
    for (size_t i = 0; i < sizeof...(A); i++) in[i] = values[i].raw();
    uint32_t count = 0;
    check(host->call_op(op, in, uint32_t(sizeof...(A)), out, most, &count));
    std::vector<Tensor> result;
    for (uint32_t i = 0; i < count; i++) {
      if (out[i].tag == ZOO_TENSOR) result.push_back(Tensor::share(out[i].as.tensor));
      if (out[i].tag == ZOO_TENSORS)
        for (uint32_t k = 0; k < out[i].count; k++) result.push_back(Tensor::share(out[i].as.tensors[k]));
    }
    host->clear(out, count);
    return result;
  }

private:
  static constexpr uint32_t most = 8;
  const zoo_op *op = nullptr;
};

/* Ints in braces do not deduce, so lists of sizes are written ints{2, 3}. */
using ints = std::vector<int64_t>;

/* Operators on this thread record no gradients while it lives. */
class NoGradients {
public:
  NoGradients() : before(host->grad_mode()) { host->set_grad_mode(0); }
  ~NoGradients() { host->set_grad_mode(before); }
  NoGradients(const NoGradients &) = delete;
  NoGradients &operator=(const NoGradients &) = delete;

private:
  int32_t before;
};

inline Tensor zeros(const ints &sizes) {
  static const Operator make("aten::zeros");
  return make(sizes);
}

/* Uniform in [-bound, bound] from the engine's default generator, as initial weights have to be. */
inline Tensor uniform(const ints &sizes, double bound) {
  static const Operator fill("aten::uniform_");
  return fill(zeros(sizes), -bound, bound);
}

/* ---- What a component is made from ------------------------------------------------------------------------------ */

/* A setting that users can write into zoo.json. Texts have to be literals. */
struct Option : zoo_option_v1 {
  static Option integer(const char *name, int64_t fallback, double low, double high, const char *help) {
    return make(name, help, {ZOO_INT, 0, {fallback}}, low, high);
  }
  static Option number(const char *name, double fallback, double low, double high, const char *help) {
    zoo_value v{ZOO_DOUBLE, 0, {0}};
    v.as.d = fallback;
    return make(name, help, v, low, high);
  }
  static Option flag(const char *name, bool fallback, const char *help) {
    return make(name, help, {ZOO_BOOL, 0, {fallback}}, -INFINITY, INFINITY);
  }
  /* `choices`: a static array that ends with nullptr, or nullptr for any text. */
  static Option text(const char *name, const char *fallback, const char *const *choices, const char *help) {
    zoo_value v{ZOO_STRING, uint32_t(std::strlen(fallback)), {0}};
    v.as.string = fallback;
    Option o = make(name, help, v, -INFINITY, INFINITY);
    o.choices = choices;
    return o;
  }

private:
  static Option make(const char *name, const char *help, zoo_value fallback, double low, double high) {
    Option o;
    static_cast<zoo_option_v1 &>(o) = {name, help, fallback.tag, fallback, low, high, nullptr};
    return o;
  }
};

/* A part that an architecture asks for. */
inline zoo_slot_v1 slot(const char *name, zoo_kind kind, const char *help, bool required = true) { return {name, help, kind, required}; }

class Part;

/* What an instance is made for; valid during its construction. */
class Build {
public:
  Build(const zoo_component_v1 *component, const zoo_build_v1 *build) : component(component), build(build) {}
  int64_t channels() const { return build->channels; }
  int64_t height() const { return build->height; }
  int64_t width() const { return build->width; }
  /* Classes of an extractor or architecture (extractor: 0 = features only), parameters of a localization net. */
  int64_t outputs() const { return build->outputs; }
  int64_t integer(const char *name) const { return setting(name, ZOO_INT).as.i; }
  double number(const char *name) const { return setting(name, ZOO_DOUBLE).as.d; }
  bool flag(const char *name) const { return setting(name, ZOO_BOOL).as.i != 0; }
  std::string text(const char *name) const {
    const zoo_value &v = setting(name, ZOO_STRING);
    return {v.as.string, v.count};
  }
  /* The size that an architecture gives the maps after `stage` stages, if it resamples them there. */
  void resample(uint32_t stage, int64_t &height, int64_t &width) const {
    for (uint32_t i = 0; i < build->resize_count; i++)
      if (build->resizes[i].stage == stage) height = build->resizes[i].height, width = build->resizes[i].width;
  }
  /* A fresh part, as the entry names it for `slot`, for inputs of that size. */
  Part part(const char *slot, int64_t channels, int64_t height, int64_t width, int64_t outputs) const;

private:
  const zoo_value &setting(const char *name, zoo_tag type) const {
    for (uint32_t i = 0; i < component->option_count; i++)
      if (std::strcmp(component->options[i].name, name) == 0 && build->settings[i].tag == type) return build->settings[i];
    bad_argument(std::string("the component reads an option '") + name + "' that it does not declare with that type");
  }
  const zoo_component_v1 *component;
  const zoo_build_v1 *build;
};

} // namespace zoo

#endif
