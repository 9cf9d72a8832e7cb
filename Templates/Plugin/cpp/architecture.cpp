/* {{NAME}}: a spatial transformer that does not bet everything on its transformation.
 *
 * The classifier sees the image twice, as it is and as the transformer aligned it, and the two answers (logits) are averaged.
 * At the beginning, when the transformation is the identity, this is exactly the plain classifier. In training the two answers are
 * also drawn towards each other, by a loss that stands beside the cross entropy. */
#include "zoo_plugin.hpp"

namespace {

class Net : public zoo::Architecture {
public:
  static constexpr const char *id = "{{ID}}";
  static constexpr const char *summary = "Two views: the mean of the classifier's logits for the image and for the aligned image";
  static constexpr const char *paper = "arXiv:1506.02025";
  /* What an entry has to fill, with components of any plugin. */
  static std::vector<zoo_slot_v1> slots() {
    return {zoo::slot("localization", ZOO_LOCALIZATION, "predicts the transformation from the input"),
            zoo::slot("transformer", ZOO_TRANSFORMER, "family of the transformation, and how it samples"),
            zoo::slot("extractor", ZOO_EXTRACTOR, "the classification network, for both views")};
  }
  /* A recipe may weigh it otherwise: "losses": {"agreement": 0.1}. */
  static std::vector<zoo_loss_v1> losses() { return {{"agreement", "mean squared difference between the logits of both views", 0.01}}; }
  static constexpr zoo_target target = ZOO_TARGET_INPUT;
  static constexpr const char *drawing = "x ─┬─→ {localization} ─→ θ ─┐\n"
                                         "   ├──────→ {transformer} warp ──→ {extractor} ─┐\n"
                                         "   └─────────────────────────────→ {extractor} ─┴─ mean ──→ logits";

  /* A part is asked for with the size of what it will get, and adopted under its slot's name. */
  explicit Net(const zoo::Build &build)
      : transformer(adopt("transformer", build.part("transformer", build.channels(), build.height(), build.width(), 0))),
        extractor(adopt("extractor", build.part("extractor", build.channels(), build.height(), build.width(), build.outputs()))),
        localization(adopt("localization", build.part("localization", build.channels(), build.height(), build.width(),
                                                      int64_t(transformer.identity().size())))) {
    if (transformer.output_size(build.height(), build.width()) != std::make_pair(build.height(), build.width()))
      zoo::bad_argument("{{ID}}: the transformer changes the image's size; both views go to one classifier");
    std::vector<float> start;
    for (double value : transformer.identity()) start.push_back(float(value));
    identity = zoo::Tensor::of(start, {1, int64_t(start.size())});
  }

  zoo::Tensor forward(const zoo::Tensor &x, const zoo::Trace &trace) override {
    static const zoo::Operator add("aten::add", "Tensor"), scale("aten::mul", "Scalar"), to("aten::to", "other"), gap("aten::mse_loss");
    if (x.ndim() != 4) zoo::bad_argument("{{ID}} takes images N×C×H×W");
    auto offset = localization.localize(x);
    auto theta = transformer.transformation(add(offset, to(identity, offset)));
    auto aligned = transformer.warp(x, theta, x.size(2), x.size(3));
    /* Names that the harness knows: it measures poses by them. */
    trace.record("theta.1", theta);
    trace.record("warped", aligned);
    auto plain = extractor.logits(x), other = extractor.logits(aligned);
    if (training()) trace.record("loss.agreement", gap(plain, other));
    return scale(add(plain, other), 0.5);
  }

private:
  zoo::Part &transformer, &extractor, &localization;
  zoo::Tensor identity;
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
