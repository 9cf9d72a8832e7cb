#include "gradient.h"

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

namespace ctorch {
namespace {

struct Rule {
  const char *op;
  std::vector<bool> given; // of the inputs; autograd takes no undefined ones
  Backward backward;
};

struct Held : torch::CustomClassHolder {
  Rule rule;
  explicit Held(Rule rule) : rule(std::move(rule)) {}
};

struct Operator : torch::autograd::Function<Operator> {
  static at::Tensor forward(torch::autograd::AutogradContext *ctx, at::TensorList, const std::function<Recording()> &forward,
                            const c10::intrusive_ptr<Held> &held) {
    auto result = forward();
    ctx->save_for_backward(std::move(result.kept));
    ctx->saved_data["rule"] = c10::IValue::make_capsule(held);
    return result.output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *ctx, torch::autograd::variable_list grads) {
    const auto held = ctx->saved_data["rule"].toCapsule();
    const auto &[op, given, backward] = static_cast<const Held &>(*held).rule;
    TORCH_CHECK_NOT_IMPLEMENTED(!c10::GradMode::is_enabled(), op, ": there is no second derivative; run backward without create_graph");
    std::vector<bool> wanted(given.size());
    size_t count = 0;
    for (size_t i = 0; i < given.size(); i++)
      if (given[i]) wanted[i] = ctx->needs_input_grad(count++);
    std::vector<at::Tensor> found(given.size());
    if (grads[0].defined()) found = backward(ctx->get_saved_variables(), grads[0], wanted);
    torch::autograd::variable_list out;
    for (size_t i = 0; i < given.size(); i++)
      if (given[i]) out.push_back(found[i]);
    out.resize(count + 2); // autograd counts forward's other arguments, too
    return out;
  }
};

} // namespace

bool needs_gradient(at::TensorList inputs) {
  return c10::GradMode::is_enabled() &&
         std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor &t) { return t.defined() && t.requires_grad(); });
}

at::Tensor record(const char *op, at::TensorList inputs, const std::function<Recording()> &forward, Backward backward) {
  std::vector<at::Tensor> defined;
  std::vector<bool> given;
  for (const auto &t : inputs) {
    given.push_back(t.defined());
    if (t.defined()) defined.push_back(t);
  }
  return Operator::apply(at::TensorList(defined), forward, c10::make_intrusive<Held>(Rule{op, std::move(given), std::move(backward)}));
}

} // namespace ctorch
