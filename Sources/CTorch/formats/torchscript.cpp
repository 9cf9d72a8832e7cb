#include "torchscript.h"

#include "operators.h"
#include "program_file.h"
#include "values.h"

#include <algorithm>
#include <memory>
#include <string>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>
#include <vector>

struct zoo_script {
  struct Entry {
    std::string name;
    zoo_role role;
    at::Tensor tensor;
  };
  torch::jit::Module module;
  std::vector<Entry> state;
};

namespace ctorch {
namespace {

using torch::jit::Module;

zoo_script *need(zoo_script *script) {
  if (!script) bad_argument("torchscript: the module is NULL");
  return script;
}

bool is_float32(at::ScalarType type) { return type == at::kFloat; }
bool is_other_float(at::ScalarType type) { return type == at::kDouble || type == at::kHalf || type == at::kBFloat16; }

// Calls `visit` with every constant tensor of a block, and with every constant type that an operator is given.
template <class Tensor, class Type> void visit_constants(torch::jit::Block *block, const Tensor &on_tensor, const Type &on_type) {
  namespace prim = torch::jit::prim;
  namespace attr = torch::jit::attr;
  for (auto *node : block->nodes()) {
    for (auto *inner : node->blocks()) visit_constants(inner, on_tensor, on_type);
    if (node->kind() == prim::Constant) {
      if (node->hasAttribute(attr::value) && node->kindOf(attr::value) == torch::jit::AttributeKind::t) on_tensor(node);
    } else if (const auto *schema = node->maybeSchema()) {
      for (size_t i = 0; i < schema->arguments().size() && i < node->inputs().size(); i++)
        if (schema->arguments()[i].name() == "dtype")
          if (auto value = torch::jit::toIValue(node->input(i)); value && value->isInt()) on_type(node, i, value->toInt());
    }
  }
}

template <class Body> void for_each_graph(const Module &module, const Body &body) {
  for (const Module &part : module.modules())
    for (const auto &method : part.get_methods()) body(*torch::jit::toGraphFunction(method.function()).graph());
}

// The zoo computes in float32. A module whose numbers are all of other floating types is converted: its tensors, the constants in its code
// and the types that its code names. One that mixes them has its reasons, and stays as it is.
void to_float32(const Module &module) {
  namespace attr = torch::jit::attr;
  std::vector<at::Tensor> tensors;
  for (const auto &value : module.attributes(true))
    if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  bool any = false, any_float32 = false;
  auto note = [&](at::ScalarType type) {
    any |= is_other_float(type);
    any_float32 |= is_float32(type);
  };
  for (const auto &tensor : tensors) note(tensor.scalar_type());
  // A frozen module has its weights among the constants, where single numbers say nothing.
  if (!any && !any_float32)
    for_each_graph(module, [&](torch::jit::Graph &graph) {
      visit_constants(
          graph.block(),
          [&](torch::jit::Node *node) {
            if (const auto &tensor = node->t(attr::value); tensor.dim() > 0) note(tensor.scalar_type());
          },
          [](torch::jit::Node *, size_t, int64_t) {});
    });
  if (!any || any_float32) return;
  at::NoGradGuard guard;
  for (auto &tensor : tensors)
    if (is_other_float(tensor.scalar_type())) tensor.set_data(tensor.to(at::kFloat));
  for_each_graph(module, [](torch::jit::Graph &graph) {
    visit_constants(
        graph.block(),
        [](torch::jit::Node *node) {
          auto tensor = node->t(attr::value);
          if (!is_other_float(tensor.scalar_type())) return;
          tensor = tensor.to(at::kFloat);
          node->t_(attr::value, tensor);
          node->output()->inferTypeFrom(tensor);
        },
        [&graph](torch::jit::Node *node, size_t index, int64_t type) {
          if (!is_other_float(static_cast<at::ScalarType>(type))) return;
          torch::jit::WithInsertPoint place(node);
          node->replaceInput(index, graph.insertConstant(static_cast<int64_t>(at::kFloat)));
        });
  });
}

zoo_status load(const char *path, zoo_script **out) {
  if (!path || !out) return fail(ZOO_BAD_ARGUMENT, "torchscript: path or out is NULL");
  *out = nullptr;
  route_warnings();
  return guard([&] {
    auto script = std::make_unique<zoo_script>();
    const ProgramFile file(path);
    try {
      script->module = torch::jit::load(file.place(), c10::kCPU);
    } catch (const c10::Error &e) {
      // What follows the first line is a page about the archive reader.
      std::string text = e.what_without_backtrace();
      throw Failure(ZOO_ERROR, std::string(path) + ": not a TorchScript module: " + text.substr(0, text.find('\n')));
    }
    file.require_unchanged();
    to_float32(script->module);
    script->module.train(true);
    for (const auto &p : script->module.named_parameters(true)) {
      if (p.value.is_floating_point()) p.value.set_requires_grad(true);
      script->state.push_back({p.name, ZOO_PARAMETER, p.value});
    }
    for (const auto &b : script->module.named_buffers(true))
      if (b.value.defined()) script->state.push_back({b.name, ZOO_BUFFER, b.value});
    *out = script.release();
  });
}

void release(zoo_script *script) { delete script; }

zoo_status state(zoo_script *script, uint32_t index, zoo_state_v1 *out) {
  return guard([&] {
    const auto &all = need(script)->state;
    if (!out) bad_argument("torchscript: out is NULL");
    if (index >= all.size()) throw Failure(ZOO_NOT_FOUND, "the module has " + std::to_string(all.size()) + " parameters and buffers");
    *out = {all[index].name.c_str(), all[index].role, give(at::Tensor(all[index].tensor))};
  });
}

zoo_status set_training(zoo_script *script, int32_t on) {
  return guard([&] { need(script)->module.train(on != 0); });
}

// What could have been meant by a name that is not there.
std::string known(const Module &module) {
  std::string names;
  for (const auto &child : module.named_children()) names += (names.empty() ? "" : ", ") + child.name;
  for (const auto &method : module.get_methods()) names += (names.empty() ? "" : ", ") + method.name();
  return names;
}

// The function behind a dotted path of submodules whose last piece may be a method.
torch::jit::Method find(Module module, const std::string &path) {
  size_t start = 0;
  while (start < path.size()) {
    size_t dot = std::min(path.find('.', start), path.size());
    auto piece = path.substr(start, dot - start);
    bool is_child = module.hasattr(piece) && module.attr(piece).isModule();
    if (!is_child) {
      if (dot == path.size())
        if (auto method = module.find_method(piece)) return *method;
      throw Failure(ZOO_NOT_FOUND, "the TorchScript module has no '" + path + "'; there are: " + known(module));
    }
    Module child = module.attr(piece).toModule();
    module = child;
    start = dot + 1;
  }
  if (auto method = module.find_method("forward")) return *method;
  throw Failure(ZOO_NOT_FOUND, "'" + path + "' has no forward; there are: " + known(module));
}

c10::IValue run(zoo_script *script, const char *name, zoo_tensor *in) {
  auto method = find(need(script)->module, name ? name : "");
  auto x = ctorch::need(in, "torchscript");
  // Without profiling and fusion every call takes the same path: same input, same bits, from the first call on.
  torch::jit::GraphOptimizerEnabledGuard plain(false);
  try {
    return method({x});
  } catch (const Failure &) {
    throw;
  } catch (const c10::Error &) {
    throw;
  } catch (const std::exception &e) {
    // The interpreter's own errors come with the whole trace in TorchScript; the last line says what it was.
    std::string text = e.what();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw Failure(ZOO_ERROR, "TorchScript: " + text.substr(text.rfind('\n') + 1));
  }
}

// A result in the type of what went in: a module may compute in another one inside.
at::Tensor as_input(at::Tensor result, zoo_tensor *in) {
  const auto type = ctorch::need(in, "torchscript").scalar_type();
  return result.is_floating_point() && at::isFloatingType(type) ? result.to(type) : result;
}

// What a module calls its results: keys of a dict, fields of a named tuple, places in any tuple or list.
std::vector<std::pair<std::string, c10::IValue>> named(const c10::IValue &result) {
  std::vector<std::pair<std::string, c10::IValue>> list;
  if (result.isGenericDict()) {
    for (const auto &entry : result.toGenericDict())
      list.emplace_back(entry.key().isString() ? entry.key().toStringRef() : c10::str(entry.key()), entry.value());
  } else if (result.isTuple()) {
    auto tuple = result.toTuple();
    const auto schema = tuple->type()->schema();
    for (size_t i = 0; i < tuple->elements().size(); i++)
      list.emplace_back(schema ? schema->arguments()[i].name() : std::to_string(i), tuple->elements()[i]);
  } else if (result.isList()) {
    size_t i = 0;
    for (const c10::IValue value : result.toList()) list.emplace_back(std::to_string(i++), value);
  }
  return list;
}

zoo_status call(zoo_script *script, const char *name, zoo_tensor *in, zoo_tensor **out) {
  if (!out) return fail(ZOO_BAD_ARGUMENT, "torchscript: out is NULL");
  *out = nullptr;
  route_warnings();
  return guard([&] {
    auto result = run(script, name, in);
    if (!result.isTensor())
      throw Failure(ZOO_UNSUPPORTED, std::string("the TorchScript ") + (name && *name ? name : "forward") + " gives a " + result.tagKind() +
                                         ", expected one tensor");
    *out = give(as_input(std::move(result).toTensor(), in));
  });
}

zoo_status call_outputs(zoo_script *script, const char *name, zoo_tensor *in, const char *const *outputs, uint32_t count,
                        zoo_tensor **out) {
  if (!out || !outputs) return fail(ZOO_BAD_ARGUMENT, "torchscript: outputs or out is NULL");
  std::fill_n(out, count, nullptr);
  route_warnings();
  return guard([&] {
    const auto result = run(script, name, in);
    const auto all = named(result);
    auto pick = [&](const std::string &wanted) {
      std::string known;
      for (size_t i = 0; i < all.size(); i++) {
        const auto &[key, value] = all[i];
        // Fields have places too.
        if (value.isTensor() && (key == wanted || (!result.isGenericDict() && std::to_string(i) == wanted))) return value.toTensor();
        known += (known.empty() ? "" : ", ") + key;
      }
      throw Failure(ZOO_NOT_FOUND, std::string("the TorchScript ") + (name && *name ? name : "forward") + " gives no tensor '" + wanted +
                                       "'; it gives " + (known.empty() ? std::string("one ") + result.tagKind() : known));
    };
    std::vector<at::Tensor> picked;
    for (uint32_t i = 0; i < count; i++) picked.push_back(as_input(pick(outputs[i] ? outputs[i] : ""), in));
    for (uint32_t i = 0; i < count; i++) out[i] = give(std::move(picked[i]));
  });
}

} // namespace

const zoo_torchscript_v1 torchscript_extension = {sizeof(zoo_torchscript_v1), load, release, state, set_training, call};
const zoo_torchscript_outputs_v1 torchscript_outputs_extension = {sizeof(zoo_torchscript_outputs_v1), call_outputs};

} // namespace ctorch
