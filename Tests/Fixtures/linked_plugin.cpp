// A plugin that links libtorch itself: a localization net of one linear layer, computed on at::Tensor.
#include "zoo_plugin.hpp"
#include "zoo_torch.hpp"

#include <ATen/ops/flatten.h>
#include <ATen/ops/linear.h>

namespace {

struct Linked : zoo::Localization {
  static constexpr const char *id = "linked", *summary = "One linear layer, by at::linear", *paper = "";
  zoo::Tensor weight, bias;
  explicit Linked(const zoo::Build &build) {
    weight = parameter("theta.weight", zoo::zeros({build.outputs(), build.channels() * build.height() * build.width()}));
    bias = parameter("theta.bias", zoo::zeros({build.outputs()}));
  }
  zoo::Tensor forward(const zoo::Tensor &x) override {
    return zoo::from_torch(at::linear(at::flatten(zoo::to_torch(x), 1), zoo::to_torch(weight), zoo::to_torch(bias)));
  }
};

} // namespace

ZOO_PLUGIN(libLinked,
           "id: Linked\n"
           "version: 1.0.0\n"
           "licence: Apache-2.0\n"
           "summary: A plugin that links the engine\n"
           "authors: Nobody\n"
           "engine: " ENGINE "\n",
           Linked)
