/* Squeeze and excitation [Hu et al., arXiv:1709.01507] for localization nets and classifiers.
 *
 * After each convolution a small network reads the mean of every channel ("squeeze") and scales the channels by what it
 * finds ("excitation"): which edges matter for the pose may depend on what is in the picture. */
#include "zoo_plugin.hpp"

#include <algorithm>

namespace {

/* Scales the channels of N×C×H×W by what a small network makes of their means. */
struct SqueezeExcite {
  zoo::Tensor squeeze, squeeze_bias, excite, excite_bias;
  int64_t channels;

  zoo::Tensor operator()(const zoo::Tensor &x) const {
    static const zoo::Operator mean("aten::mean", "dim"), linear("aten::linear"), relu("aten::relu"), sigmoid("aten::sigmoid"),
        reshape("aten::reshape"), multiply("aten::mul", "Tensor");
    auto gate = relu(linear(mean(x, zoo::ints{2, 3}), squeeze, squeeze_bias));
    return multiply(x, reshape(sigmoid(linear(gate, excite, excite_bias)), zoo::ints{-1, channels, 1, 1}));
  }
};

/* One convolution and the gate behind it. */
struct Layer {
  zoo::Tensor weight, bias;
  SqueezeExcite gate;
};

/* The bound of torch.nn's default initial weights: uniform in ±1/√(fan in). */
double bound(int64_t fan_in) { return 1 / std::sqrt(double(fan_in)); }

/* Two strided convolutions with gates, then one linear layer. It starts at zero, so that the transformer starts as the identity. */
class SqueezeExciteLocalization : public zoo::Localization {
public:
  static constexpr const char *id = "se";
  static constexpr const char *summary =
      "Localization with squeeze and excitation: two strided convolutions, channels scaled by what they see";
  static constexpr const char *paper = "arXiv:1709.01507";
  /* What a user can set in zoo.json. The host checks the range and fills in the defaults. */
  static std::vector<zoo::Option> options() {
    return {zoo::Option::integer("width", 16, 1, 1024, "channels of both convolutions"),
            zoo::Option::integer("reduction", 4, 1, 64, "channels per unit of the squeezed layer")};
  }

  explicit SqueezeExciteLocalization(const zoo::Build &build) {
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

/* Two stages of convolution 3×3, ReLU and max-pool 2, each with a gate; then one linear layer. */
class SqueezeExciteCNN : public zoo::Extractor {
public:
  static constexpr const char *id = "se-cnn";
  static constexpr const char *summary = "Classifier with squeeze and excitation: two stages of conv 3×3, ReLU and max-pool 2; linear";
  static constexpr const char *paper = "arXiv:1709.01507";
  /* What a user can set in zoo.json. The host checks the range and fills in the defaults. */
  static std::vector<zoo::Option> options() {
    return {zoo::Option::integer("width", 16, 1, 1024, "channels of both stages"),
            zoo::Option::integer("reduction", 4, 1, 64, "channels per unit of the squeezed layer")};
  }

  explicit SqueezeExciteCNN(const zoo::Build &build) {
    const int64_t width = build.integer("width"), squeezed = std::max<int64_t>(1, width / build.integer("reduction"));
    int64_t inputs = build.channels(), height = build.height(), columns = build.width();
    /* An architecture may resample the maps between the stages, and says so beforehand. */
    build.resample(0, height, columns);
    for (const char *name : {"se1", "se2"}) {
      if (height < 2 || columns < 2) zoo::bad_argument("se-cnn: the input is too small for two poolings by 2, expected 4×4 or more");
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
    if (!classifier) throw zoo::Error("se-cnn was built for features only", ZOO_UNSUPPORTED);
    return linear(flatten(features, 1), classifier, classifier_bias);
  }

private:
  std::vector<Layer> layers;
  zoo::Tensor classifier, classifier_bias;
};

} // namespace

ZOO_PLUGIN(libSqueezeExcite,
           "id: SqueezeExcite\n"
           "version: 1.0.0\n"
           "licence: Apache-2.0\n"
           "summary: Squeeze and excitation for localization nets and classifiers, in C++\n"
           "authors: The STN Zoo authors\n"
           "papers: arXiv:1709.01507\n",
           SqueezeExciteLocalization, SqueezeExciteCNN)
