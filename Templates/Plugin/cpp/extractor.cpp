/* {{NAME}}: a small classification network with squeeze and excitation.
 *
 * Two stages of convolution 3×3, ReLU and max-pool 2, each followed by a gate per channel that is computed from the
 * channels' means [Hu et al., arXiv:1709.01507]; then one linear layer. */
#include "zoo_plugin.hpp"

#include <algorithm>

namespace {

{{SQUEEZE}}
class Net : public zoo::Extractor {
public:
  static constexpr const char *id = "{{ID}}";
  static constexpr const char *summary = "Classifier with squeeze and excitation: two stages of conv 3×3, ReLU and max-pool 2; linear";
  static constexpr const char *paper = "arXiv:1709.01507";
  /* What a user can set in zoo.json. The host checks the range and fills in the defaults. */
  static std::vector<zoo::Option> options() {
    return {zoo::Option::integer("width", 16, 1, 1024, "channels of both stages"),
            zoo::Option::integer("reduction", 4, 1, 64, "channels per unit of the squeezed layer")};
  }

  explicit Net(const zoo::Build &build) {
    const int64_t width = build.integer("width"), squeezed = std::max<int64_t>(1, width / build.integer("reduction"));
    int64_t inputs = build.channels(), height = build.height(), columns = build.width();
    /* An architecture may resample the maps between the stages, and says so beforehand. */
    build.resample(0, height, columns);
    for (const char *name : {"se1", "se2"}) {
      if (height < 2 || columns < 2) zoo::bad_argument("{{ID}}: the input is too small for two poolings by 2, expected 4×4 or more");
      const std::string se = name, conv = "conv" + se.substr(2);
      const double b = bound(inputs * 9);
      Layer layer;
      layer.weight = parameter(conv + ".weight", zoo::uniform({width, inputs, 3, 3}, b));
      layer.bias = parameter(conv + ".bias", zoo::uniform({width}, b));
      layer.gate.channels = width;
      layer.gate.squeeze = parameter(se + ".squeeze.weight", zoo::uniform({squeezed, width}, bound(width)));
      layer.gate.squeeze_bias = parameter(se + ".squeeze.bias", zoo::uniform({squeezed}, bound(width)));
      layer.gate.excite = parameter(se + ".excite.weight", zoo::uniform({width, squeezed}, bound(squeezed)));
      layer.gate.excite_bias = parameter(se + ".excite.bias", zoo::uniform({width}, bound(squeezed)));
      layers.push_back(std::move(layer));
      inputs = width;
      height /= 2, columns /= 2;
      /* What a stage gives is what it promises: architectures are sized by it. The last two: no symmetry but translations. */
      stages.push_back({name, width, height, columns, stages.empty() ? 2.0 : 4.0, 1, 0});
      build.resample(uint32_t(stages.size()), height, columns);
    }
    if (build.outputs() == 0) return; // features only
    const int64_t features = width * height * columns;
    classifier = parameter("classifier.weight", zoo::uniform({build.outputs(), features}, bound(features)));
    classifier_bias = parameter("classifier.bias", zoo::uniform({build.outputs()}, bound(features)));
  }

  zoo::Tensor stage(uint32_t index, const zoo::Tensor &x) override {
    static const zoo::Operator conv2d("aten::conv2d"), relu("aten::relu"), max_pool("aten::max_pool2d");
    const Layer &layer = layers[index];
    return layer.gate(max_pool(relu(conv2d(x, layer.weight, layer.bias, 1, 1)), 2, 2));
  }

  zoo::Tensor classify(const zoo::Tensor &features) override {
    static const zoo::Operator flatten("aten::flatten", "using_ints"), linear("aten::linear");
    if (!classifier) throw zoo::Error("{{ID}} was built for features only", ZOO_UNSUPPORTED);
    return linear(flatten(features, 1), classifier, classifier_bias);
  }

private:
  std::vector<Layer> layers;
  zoo::Tensor classifier, classifier_bias;
};

} // namespace

ZOO_PLUGIN(lib{{NAME}},
           "id: {{NAME}}\n"
           "version: 0.1.0\n"
           "licence: Apache-2.0\n"
           "summary: {{SUMMARY}}\n"
           "authors: {{AUTHOR}}\n"
           "papers: {{PAPER}}\n",
           Net)
