/* {{NAME}}: a localization net with squeeze and excitation.
 *
 * Two strided convolutions look at the image. After each, a small network reads the mean of every channel ("squeeze")
 * and scales the channels by what it finds ("excitation") [Hu et al., arXiv:1709.01507]: which edges matter for the pose
 * may depend on what is in the picture. The last layer starts at zero, so that the transformer starts as the identity. */
#include "zoo_plugin.hpp"

#include <algorithm>

namespace {

{{SQUEEZE}}
class Net : public zoo::Localization {
public:
  static constexpr const char *id = "{{ID}}";
  static constexpr const char *summary = "Localization with squeeze and excitation: two strided convolutions, channels scaled by what they see";
  static constexpr const char *paper = "arXiv:1709.01507";
  /* What a user can set in zoo.json. The host checks the range and fills in the defaults. */
  static std::vector<zoo::Option> options() {
    return {zoo::Option::integer("width", 16, 1, 1024, "channels of both convolutions"),
            zoo::Option::integer("reduction", 4, 1, 64, "channels per unit of the squeezed layer")};
  }

  explicit Net(const zoo::Build &build) {
    const int64_t width = build.integer("width"), squeezed = std::max<int64_t>(1, width / build.integer("reduction"));
    int64_t inputs = build.channels(), height = build.height(), columns = build.width();
    for (int64_t kernel : {5, 3}) {
      const std::string number = std::to_string(layers.size() + 1), conv = "conv" + number, se = "se" + number;
      const double b = bound(inputs * kernel * kernel);
      Layer layer;
      layer.weight = parameter(conv + ".weight", zoo::uniform({width, inputs, kernel, kernel}, b));
      layer.bias = parameter(conv + ".bias", zoo::uniform({width}, b));
      layer.gate.channels = width;
      layer.gate.squeeze = parameter(se + ".squeeze.weight", zoo::uniform({squeezed, width}, bound(width)));
      layer.gate.squeeze_bias = parameter(se + ".squeeze.bias", zoo::uniform({squeezed}, bound(width)));
      layer.gate.excite = parameter(se + ".excite.weight", zoo::uniform({width, squeezed}, bound(squeezed)));
      layer.gate.excite_bias = parameter(se + ".excite.bias", zoo::uniform({width}, bound(squeezed)));
      layers.push_back(std::move(layer));
      inputs = width;
      /* Stride 2 and padding kernel / 2 halve the sides, rounded up. */
      height = (height + 1) / 2, columns = (columns + 1) / 2;
    }
    /* At zero: "no offset from the identity", before it has learned anything. */
    theta = parameter("theta.weight", zoo::zeros({build.outputs(), width * height * columns}));
    theta_bias = parameter("theta.bias", zoo::zeros({build.outputs()}));
  }

  /* N×C×H×W to N×outputs. */
  zoo::Tensor forward(const zoo::Tensor &image) override {
    static const zoo::Operator conv2d("aten::conv2d"), relu("aten::relu"), flatten("aten::flatten", "using_ints"), linear("aten::linear");
    zoo::Tensor x = image;
    for (const Layer &layer : layers) x = layer.gate(relu(conv2d(x, layer.weight, layer.bias, 2, layer.weight.size(-1) / 2)));
    return linear(flatten(x, 1), theta, theta_bias);
  }

private:
  std::vector<Layer> layers;
  zoo::Tensor theta, theta_bias;
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
