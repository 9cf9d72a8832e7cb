/* Plugins for the STN Zoo in C++17: zoo_plugin.h with ownership, exceptions and base classes. Header only, no libtorch.
 *
 *   #include "zoo_plugin.hpp"
 *
 *   struct Straight : zoo::Localization {
 *     static constexpr const char *id = "straight", *summary = "One linear layer", *paper = "";
 *     zoo::Tensor weight, bias;
 *     explicit Straight(const zoo::Build &build) {
 *       weight = parameter("theta.weight", zoo::zeros({build.outputs(), build.channels() * build.height() * build.width()}));
 *       bias = parameter("theta.bias", zoo::zeros({build.outputs()}));
 *     }
 *     zoo::Tensor forward(const zoo::Tensor &x) override {
 *       static const zoo::Operator flatten("aten::flatten", "using_ints"), linear("aten::linear");
 *       return linear(flatten(x, 1), weight, bias);
 *     }
 *   };
 *
 *   ZOO_PLUGIN(libStraight, "id: Straight\n" ..., Straight)
 *
 * A class is one component: it has the constants `id`, `summary` and `paper`, may have static functions `options()`, `slots()`
 * and `losses()` and override `traits()`, and is made from a zoo::Build. What it throws becomes a status and a text for the host; what the
 * host reports becomes a zoo::Error. Everything here lies in hidden namespaces: two plugins never share it. */
#ifndef ZOO_PLUGIN_HPP
#define ZOO_PLUGIN_HPP

#include "zoo_tensor.hpp"

namespace ZOO_HIDDEN zoo {

/* ---- Modules ---------------------------------------------------------------------------------------------------- */

/* In what an instance differs from others of its kind, and what it promises beyond: see zoo_traits_v1. */
struct Traits {
  bool posed_at_first = false, pose_detached = false;
  int32_t rotations = 1;
  bool mirror = false;
  double tolerance = 0;
};

/* What every component is: named parameters and buffers, in training or not. */
class Module {
public:
  Module() = default;
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;
  virtual ~Module() = default;
  bool training() const { return is_training; }
  virtual Traits traits() const { return {}; }

protected:
  /* Keeps a tensor that is trained, and gives it back. */
  Tensor parameter(std::string name, const Tensor &t) { return keep(std::move(name), ZOO_PARAMETER, t.requires_grad()); }
  /* Keeps a tensor that is saved with the weights and not trained. */
  Tensor buffer(std::string name, const Tensor &t) { return keep(std::move(name), ZOO_BUFFER, t); }
  /* Takes a part in: its tensors as "name.…", its training mode following ours. Returns it. */
  Part &adopt(const char *name, Part &&part);

private:
  friend struct Export;
  struct Entry {
    std::string name;
    zoo_role role;
    Tensor tensor;
  };
  Tensor keep(std::string name, zoo_role role, const Tensor &t) {
    entries.push_back(std::make_unique<Entry>(Entry{std::move(name), role, t}));
    return t;
  }
  std::vector<std::unique_ptr<Entry>> entries; // names stay where they are
  std::vector<std::unique_ptr<Part>> parts;
  bool is_training = true;
};

/* Another component's instance, of any plugin: what `make_part` gave. Destroyed with it. */
class Part {
public:
  explicit Part(zoo_part_v1 part) : part(part) {}
  Part(Part &&other) noexcept : part(std::exchange(other.part, {nullptr, nullptr})) {}
  Part &operator=(Part &&) = delete;
  ~Part() {
    if (part.component) part.component->destroy(part.instance);
  }

  /* Localization net: N×C×H×W to the offset N×K. */
  Tensor localize(const Tensor &x) const { return result(table<zoo_localization_v1>(ZOO_LOCALIZATION).forward, x.get()); }

  /* Extractor: all stages and the classifier. */
  Tensor logits(const Tensor &x) const {
    const auto &t = table<zoo_extractor_v1>(ZOO_EXTRACTOR);
    return result(t.classify, stages(0, t.stage_count(part.instance), x).get());
  }
  Tensor stages(uint32_t first, uint32_t last, const Tensor &x) const {
    return result(table<zoo_extractor_v1>(ZOO_EXTRACTOR).forward, first, last, x.get());
  }

  /* Transformer. */
  std::vector<double> identity() const {
    const auto &t = table<zoo_transformer_v1>(ZOO_TRANSFORMER);
    std::vector<double> values(t.parameter_count(part.instance));
    check(t.identity(part.instance, values.data()));
    return values;
  }
  std::pair<int64_t, int64_t> output_size(int64_t height, int64_t width) const {
    std::pair<int64_t, int64_t> out;
    check(table<zoo_transformer_v1>(ZOO_TRANSFORMER).output_size(part.instance, height, width, &out.first, &out.second));
    return out;
  }
  Tensor transformation(const Tensor &parameters) const {
    return result(table<zoo_transformer_v1>(ZOO_TRANSFORMER).transformation, parameters.get());
  }
  Tensor warp(const Tensor &images, const Tensor &theta, int64_t height, int64_t width) const {
    return result(table<zoo_transformer_v1>(ZOO_TRANSFORMER).warp, images.get(), theta.get(), height, width);
  }

  const zoo_part_v1 &raw() const { return part; }

private:
  template <class Table> const Table &table(zoo_kind kind) const {
    if (part.component->kind != kind) bad_argument(std::string("the part '") + part.component->id + "' is of another kind");
    return *static_cast<const Table *>(part.component->table);
  }
  template <class Function, class... A> Tensor result(Function function, A... arguments) const {
    zoo_tensor *out = nullptr;
    check(function(part.instance, arguments..., &out));
    return Tensor::adopt(out);
  }
  zoo_part_v1 part;
};

inline Part Build::part(const char *slot, int64_t channels, int64_t height, int64_t width, int64_t outputs) const {
  zoo_build_v1 wanted = {};
  wanted.struct_size = sizeof wanted;
  wanted.channels = channels, wanted.height = height, wanted.width = width, wanted.outputs = outputs;
  zoo_part_v1 out = {};
  check(host->make_part(build->builder, slot, &wanted, &out));
  return Part(out);
}

inline Part &Module::adopt(const char *name, Part &&given) {
  parts.push_back(std::make_unique<Part>(std::move(given)));
  const zoo_part_v1 &part = parts.back()->raw();
  for (uint32_t i = 0;; i++) {
    zoo_state_v1 state;
    zoo_status status = part.component->state(part.instance, i, &state);
    if (status == ZOO_NOT_FOUND) return *parts.back();
    check(status);
    keep(std::string(name) + "." + state.name, state.role, Tensor::adopt(state.tensor));
  }
}

/* The four kinds of component. */

struct Localization : Module {
  /* N×C×H×W to N×outputs: the offset from the family's identity, zero at initialisation. */
  virtual Tensor forward(const Tensor &x) = 0;
};

struct Extractor : Module {
  /* Fill it in the constructor; its names have to be literals. */
  std::vector<zoo_stage_v1> stages;
  /* Stage `index` on N×C×H×W. */
  virtual Tensor stage(uint32_t index, const Tensor &x) = 0;
  /* The last stage's output to logits. */
  virtual Tensor classify(const Tensor &features) = 0;
};

struct Transformer : Module {
  /* The parameters of the identity; as many as there are. */
  virtual std::vector<double> identity() const = 0;
  virtual std::pair<int64_t, int64_t> output_size(int64_t height, int64_t width) const { return {height, width}; }
  /* N×K to θ. */
  virtual Tensor transformation(const Tensor &parameters) = 0;
  virtual bool composes() const { return false; }
  virtual bool inverts() const { return false; }
  virtual Tensor compose(const Tensor &, const Tensor &) { throw Error("this family does not compose", ZOO_UNSUPPORTED); }
  virtual Tensor invert(const Tensor &) { throw Error("this family has no inverse", ZOO_UNSUPPORTED); }
  virtual Tensor warp(const Tensor &images, const Tensor &theta, int64_t height, int64_t width) = 0;
};

/* Where an architecture says what happened on the way; does nothing if nobody looks. */
class Trace {
public:
  explicit Trace(const zoo_trace_v1 *trace) : trace(trace) {}
  void record(const std::string &name, const Tensor &t) const {
    if (trace) trace->record(trace->context, name.c_str(), t.get());
  }

private:
  const zoo_trace_v1 *trace;
};

struct Architecture : Module {
  /* N×C×H×W to logits. */
  virtual Tensor forward(const Tensor &x, const Trace &trace) = 0;
};

/* ---- A class becomes a C table ---------------------------------------------------------------------------------- */

struct Export {
  static Module &module(void *self) { return *static_cast<Module *>(self); }
  /* Every `self` is a Module; its kind's base is what the host's table says it is. */
  template <class Base> static Base &as(void *self) { return static_cast<Base &>(module(self)); }

  static zoo_status give(zoo_tensor **out, Tensor &&t) {
    if (!t) return host->fail(ZOO_ERROR, "the component returned no tensor");
    *out = t.release();
    return ZOO_OK;
  }
  template <class Body> static zoo_status tensor(zoo_tensor **out, Body &&body) {
    Tensor t;
    zoo_status status = guard([&] { t = body(); });
    return status == ZOO_OK ? give(out, std::move(t)) : status;
  }

  template <class T> static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
    return guard([&] { *self = static_cast<Module *>(new T(Build(component, build))); });
  }
  static void destroy(void *self) { delete &module(self); }
  static zoo_status state(void *self, uint32_t index, zoo_state_v1 *out) {
    const auto &entries = module(self).entries;
    if (index >= entries.size()) return host->fail(ZOO_NOT_FOUND, "no more parameters");
    *out = {entries[index]->name.c_str(), entries[index]->role, entries[index]->tensor.get()};
    host->retain(out->tensor);
    return ZOO_OK;
  }
  static zoo_status set_training(void *self, int32_t on) {
    module(self).is_training = on != 0;
    for (const auto &part : module(self).parts)
      if (zoo_status s = part->raw().component->set_training(part->raw().instance, on)) return s;
    return ZOO_OK;
  }

  static zoo_status localize(void *self, zoo_tensor *in, zoo_tensor **out) {
    return tensor(out, [&] { return as<Localization>(self).forward(Tensor::share(in)); });
  }

  static uint32_t stage_count(void *self) { return uint32_t(as<Extractor>(self).stages.size()); }
  static zoo_status stage(void *self, uint32_t index, zoo_stage_v1 *out) {
    const auto &stages = as<Extractor>(self).stages;
    if (index >= stages.size()) return host->fail(ZOO_NOT_FOUND, "no more stages");
    *out = stages[index];
    return ZOO_OK;
  }
  static zoo_status extract(void *self, uint32_t first, uint32_t last, zoo_tensor *in, zoo_tensor **out) {
    return tensor(out, [&] {
      auto &extractor = as<Extractor>(self);
      if (first > last || last > extractor.stages.size()) bad_argument("there are " + std::to_string(extractor.stages.size()) + " stages");
      Tensor x = Tensor::share(in);
      for (uint32_t i = first; i < last; i++) x = extractor.stage(i, x);
      return x;
    });
  }
  static zoo_status classify(void *self, zoo_tensor *in, zoo_tensor **out) {
    return tensor(out, [&] { return as<Extractor>(self).classify(Tensor::share(in)); });
  }

  static uint32_t parameter_count(void *self) { return uint32_t(as<Transformer>(self).identity().size()); }
  static uint32_t flags(void *self) {
    auto &family = as<Transformer>(self);
    return (family.composes() ? uint32_t(ZOO_COMPOSES) : 0) | (family.inverts() ? uint32_t(ZOO_INVERTS) : 0);
  }
  static zoo_status identity(void *self, double *out) {
    return guard([&] {
      auto values = as<Transformer>(self).identity();
      std::memcpy(out, values.data(), values.size() * sizeof(double));
    });
  }
  static zoo_status output_size(void *self, int64_t height, int64_t width, int64_t *out_height, int64_t *out_width) {
    return guard([&] {
      auto size = as<Transformer>(self).output_size(height, width);
      *out_height = size.first, *out_width = size.second;
    });
  }
  static zoo_status transformation(void *self, zoo_tensor *parameters, zoo_tensor **out) {
    return tensor(out, [&] { return as<Transformer>(self).transformation(Tensor::share(parameters)); });
  }
  static zoo_status compose(void *self, zoo_tensor *first, zoo_tensor *second, zoo_tensor **out) {
    return tensor(out, [&] { return as<Transformer>(self).compose(Tensor::share(first), Tensor::share(second)); });
  }
  static zoo_status invert(void *self, zoo_tensor *theta, zoo_tensor **out) {
    return tensor(out, [&] { return as<Transformer>(self).invert(Tensor::share(theta)); });
  }
  static zoo_status warp(void *self, zoo_tensor *images, zoo_tensor *theta, int64_t height, int64_t width, zoo_tensor **out) {
    return tensor(out, [&] { return as<Transformer>(self).warp(Tensor::share(images), Tensor::share(theta), height, width); });
  }

  static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
    return tensor(out, [&] { return as<Architecture>(self).forward(Tensor::share(in), Trace(trace)); });
  }

  /* What a class has, or nothing where it has none. */
  template <class T, class = void> struct Declared {
    static std::vector<Option> options() { return {}; }
  };
  template <class T> struct Declared<T, std::void_t<decltype(T::options())>> {
    static std::vector<Option> options() { return T::options(); }
  };
  template <class T, class = void> struct Slots {
    static std::vector<zoo_slot_v1> slots() { return {}; }
  };
  template <class T> struct Slots<T, std::void_t<decltype(T::slots())>> {
    static std::vector<zoo_slot_v1> slots() { return T::slots(); }
  };
  /* `static constexpr const char *drawing` of an architecture, with `static constexpr zoo_target target`. */
  template <class T, class = void> struct Wiring {
    static const void *table() { return nullptr; }
  };
  template <class T> struct Wiring<T, std::void_t<decltype(T::drawing)>> {
    static const void *table() {
      static const zoo_wiring_v1 wiring = {sizeof wiring, T::target, T::drawing};
      return &wiring;
    }
  };
  /* `static std::vector<zoo_loss_v1> losses()` of an architecture. */
  template <class T, class = void> struct Losses {
    static const void *table() { return nullptr; }
  };
  template <class T> struct Losses<T, std::void_t<decltype(T::losses())>> {
    static const void *table() {
      static const std::vector<zoo_loss_v1> list = T::losses();
      static const zoo_losses_v1 losses = {sizeof losses, uint32_t(list.size()), list.data()};
      return &losses;
    }
  };

  static zoo_status traits(void *self, zoo_traits_v1 *out) {
    return guard([&] {
      const Traits t = module(self).traits();
      const uint32_t flags = (t.posed_at_first ? uint32_t(ZOO_POSED_AT_FIRST) : 0) | (t.pose_detached ? uint32_t(ZOO_POSE_DETACHED) : 0);
      *out = {sizeof *out, flags, t.rotations, t.mirror, t.tolerance};
    });
  }

  template <class T> static const void *extension(const zoo_component_v1 *, const char *id) {
    static const zoo_trait_table_v1 table = {sizeof table, traits};
    const std::string_view name = id ? id : "";
    return name == ZOO_EXT_WIRING   ? Wiring<T>::table()
           : name == ZOO_EXT_LOSSES ? Losses<T>::table()
           : name == ZOO_EXT_TRAITS ? &table
                                    : nullptr;
  }

  /* The kind's number and table. */
  template <class T> static std::pair<zoo_kind, const void *> kind() {
    static const zoo_localization_v1 localization = {sizeof localization, localize};
    static const zoo_extractor_v1 extractor = {sizeof extractor, stage_count, stage, extract, classify, nullptr};
    static const zoo_transformer_v1 transformer = {sizeof transformer, parameter_count, flags,  identity, output_size,
                                                   transformation,     compose,         invert, warp};
    static const zoo_architecture_v1 architecture = {sizeof architecture, forward};
    if constexpr (std::is_base_of_v<Localization, T>)
      return {ZOO_LOCALIZATION, &localization};
    else if constexpr (std::is_base_of_v<Extractor, T>)
      return {ZOO_EXTRACTOR, &extractor};
    else if constexpr (std::is_base_of_v<Transformer, T>)
      return {ZOO_TRANSFORMER, &transformer};
    else {
      static_assert(std::is_base_of_v<Architecture, T>, "a component derives from Localization, Extractor, Transformer or Architecture");
      return {ZOO_ARCHITECTURE, &architecture};
    }
  }

  template <class T> static const zoo_component_v1 *component() {
    static const std::vector<Option> declared = Declared<T>::options();
    static const std::vector<zoo_option_v1> options(declared.begin(), declared.end());
    static const std::vector<zoo_slot_v1> slots = Slots<T>::slots();
    static const auto of = kind<T>();
    static const zoo_component_v1 made = {sizeof made,
                                          of.first,
                                          T::id,
                                          T::summary,
                                          T::paper,
                                          options.data(),
                                          uint32_t(options.size()),
                                          slots.data(),
                                          uint32_t(slots.size()),
                                          nullptr,
                                          create<T>,
                                          destroy,
                                          state,
                                          set_training,
                                          of.second,
                                          extension<T>};
    return &made;
  }

  template <class... T> static const zoo_plugin_table_v1 *plugin(const zoo_host_v1 *given, const char *descriptor) noexcept {
    host = given;
    static const zoo_plugin_table_v1 *result = nullptr;
    zoo_status status = guard([&] {
      static const zoo_component_v1 *const components[] = {component<T>()...};
      static const zoo_plugin_table_v1 table = {ZOO_MAGIC,  ZOO_ABI_MAJOR, ZOO_ABI_MINOR,          sizeof table,
                                                descriptor, components,    uint32_t(sizeof...(T)), nullptr};
      result = &table;
    });
    return status == ZOO_OK ? result : nullptr;
  }
};

} // namespace zoo

/* The plugin's entry: the library's name without ".so", the descriptor's lines as one literal, the classes. */
#define ZOO_PLUGIN(stem, lines, ...)                                                                                                       \
  static const char stem##_descriptor[] = ZOO_DESCRIPTOR(lines);                                                                           \
  extern "C" ZOO_EXPORT const zoo_plugin_table_v1 *stem##_LTX_zoo_plugin_v1(const zoo_host_v1 *given) {                                    \
    return zoo::Export::plugin<__VA_ARGS__>(given, stem##_descriptor);                                                                     \
  }

#endif
