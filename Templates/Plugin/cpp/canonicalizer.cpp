/* {{NAME}}: canonicalization in closed form.
 *
 * The image is turned about its centre so that its centre of brightness lies to the right, and the classifier sees the turned image.
 * Nothing is learned for it, and it follows every rotation. It differs from what other architectures promise, so it says so in its
 * traits: its pose is not the identity before training, and no gradient goes through it. It also promises more: logits that do not
 * change under quarter turns. */
#include "zoo_plugin.hpp"

namespace {

class Net : public zoo::Architecture {
public:
  static constexpr const char *id = "{{ID}}";
  static constexpr const char *summary = "Canonicalization in closed form: the centre of brightness is turned to the right";
  static constexpr const char *paper = "arXiv:2211.06489";
  static std::vector<zoo_slot_v1> slots() {
    return {zoo::slot("extractor", ZOO_EXTRACTOR, "the classification network, on the turned image")};
  }
  static constexpr zoo_target target = ZOO_TARGET_INPUT;
  static constexpr const char *drawing = "x ─┬─→ direction of the centre of brightness ─┐\n"
                                         "   └──────→ x turned back by it ──→ {extractor} ──→ logits";

  /* What 'zoo plugin check' holds it to. */
  zoo::Traits traits() const override {
    zoo::Traits traits;
    traits.posed_at_first = traits.pose_detached = true;
    traits.rotations = 4;
    return traits;
  }

  explicit Net(const zoo::Build &build)
      : height(build.height()), width(build.width()),
        extractor(adopt("extractor", build.part("extractor", build.channels(), height, width, build.outputs()))) {
    /* (H·W)×2: how far every pixel is to the right of the centre, and above it. */
    std::vector<float> list;
    for (int64_t y = 0; y < height; y++)
      for (int64_t x = 0; x < width; x++) {
        list.push_back(float(x) - float(width - 1) / 2);
        list.push_back(float(height - 1) / 2 - float(y));
      }
    places = zoo::Tensor::of(list, {height * width, 2});
  }

  zoo::Tensor forward(const zoo::Tensor &x, const zoo::Trace &trace) override {
    static const zoo::Operator warp("zoo::warp"), to("aten::to", "other");
    if (x.ndim() != 4 || x.size(2) != height || x.size(3) != width)
      zoo::bad_argument("{{ID}} was built for images N×C×" + std::to_string(height) + "×" + std::to_string(width));
    auto theta = to(undo(direction(x)), x);
    auto turned = warp(x, theta, zoo::ints{height, width}, "border");
    trace.record("theta.1", theta);
    trace.record("warped", turned);
    return extractor.logits(turned);
  }

private:
  /* The angle of the centre of brightness, N, in radians, anticlockwise from the right. In float64, as what is left and right of the
   * centre nearly cancels. */
  zoo::Tensor direction(const zoo::Tensor &x) const {
    static const zoo::Operator mean("aten::mean", "dim"), flatten("aten::flatten", "using_ints"), smallest("aten::amin"),
        subtract("aten::sub", "Tensor"), product("aten::matmul"), to("aten::to", "dtype"), pick("aten::select", "int"),
        arctangent("aten::atan2");
    const zoo::NoGradients none;
    const auto precise = zoo::Value::type(ZOO_F64);
    auto plane = flatten(mean(to(x, precise), zoo::ints{1}), 1);
    auto centre = product(subtract(plane, smallest(plane, zoo::ints{1}, true)), to(places, precise));
    return arctangent(pick(centre, 1, 1), pick(centre, 1, 0));
  }

  /* θ, N×2×3, which turns an image clockwise by an angle. A pixel is as long as its side is short in coordinates of [-1, 1]. */
  zoo::Tensor undo(const zoo::Tensor &angle) const {
    static const zoo::Operator cosine("aten::cos"), sine("aten::sin"), scale("aten::mul", "Scalar"), stack("aten::stack"),
        reshape("aten::reshape");
    const zoo::NoGradients none;
    const double aspect = double(height) / double(width);
    auto c = cosine(angle), s = sine(angle), zero = scale(angle, 0.0);
    return reshape(stack(std::vector<zoo::Tensor>{c, scale(s, aspect), zero, scale(s, -1 / aspect), c, zero}, 1), zoo::ints{-1, 2, 3});
  }

  int64_t height, width;
  zoo::Part &extractor;
  zoo::Tensor places;
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
