/* {{NAME}}: the attention family of spatial transformers [Jaderberg et al., arXiv:1506.02025, equation 2].
 *
 * Three parameters, isotropic scale s and translation (x, y): θ = [s 0 x; 0 s y]. It crops, zooms and shifts, and
 * cannot rotate. θ is linear in the parameters: one matrix product, gradients come by themselves. */
#include "zoo_plugin.hpp"

namespace {

class Family : public zoo::Transformer {
public:
  static constexpr const char *id = "{{ID}}";
  static constexpr const char *summary = "Attention: isotropic scale and translation, 3 parameters";
  static constexpr const char *paper = "arXiv:1506.02025";
  /* What a user can set in zoo.json. The host checks the choices. */
  static std::vector<zoo::Option> options() {
    static const char *const choices[] = {"zeros", "border", nullptr};
    return {zoo::Option::text("padding", "zeros", choices, "what lies outside the image")};
  }

  explicit Family(const zoo::Build &build) : padding(build.text("padding")) {
    /* 3×6: what s, x and y add to the six entries of θ. */
    basis = zoo::Tensor::of({1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {3, 6});
  }

  std::vector<double> identity() const override { return {1, 0, 0}; }
  bool composes() const override { return true; }
  bool inverts() const override { return true; }

  /* N×3 to θ, N×2×3. */
  zoo::Tensor transformation(const zoo::Tensor &parameters) override {
    static const zoo::Operator matmul("aten::matmul"), to("aten::to", "other"), reshape("aten::reshape");
    if (parameters.ndim() != 2 || parameters.size(1) != 3) zoo::bad_argument("{{ID}} takes parameters of shape N×3");
    /* The basis as the parameters are: float64 in checks, on a GPU maybe. */
    return reshape(matmul(parameters, to(basis, parameters)), zoo::ints{-1, 2, 3});
  }

  /* [A a]·[B b] = [AB, Ab + a]: a is added in the last column. */
  zoo::Tensor compose(const zoo::Tensor &first, const zoo::Tensor &second) override {
    static const zoo::Operator matmul("aten::matmul"), pad("aten::constant_pad_nd"), add("aten::add", "Tensor");
    return add(matmul(narrow(first, 2, 0, 2), second), pad(narrow(first, 2, 2, 1), zoo::ints{2, 0}));
  }

  /* [A a]⁻¹ = [A⁻¹, -A⁻¹a]. */
  zoo::Tensor invert(const zoo::Tensor &theta) override {
    static const zoo::Operator matmul("aten::matmul"), inverse("aten::linalg_inv"), negative("aten::neg"), cat("aten::cat");
    auto linear = inverse(narrow(theta, 2, 0, 2));
    return cat(std::vector<zoo::Tensor>{linear, negative(matmul(linear, narrow(theta, 2, 2, 1)))}, 2);
  }

  zoo::Tensor warp(const zoo::Tensor &images, const zoo::Tensor &theta, int64_t height, int64_t width) override {
    static const zoo::Operator warp("zoo::warp");
    return warp(images, theta, zoo::ints{height, width}, padding);
  }

private:
  static zoo::Tensor narrow(const zoo::Tensor &x, int64_t dimension, int64_t start, int64_t length) {
    static const zoo::Operator narrow("aten::narrow");
    return narrow(x, dimension, start, length);
  }
  std::string padding;
  zoo::Tensor basis;
};

} // namespace

ZOO_PLUGIN(lib{{NAME}},
           "id: {{NAME}}\n"
           "version: 0.1.0\n"
           "licence: Apache-2.0\n"
           "summary: {{SUMMARY}}\n"
           "authors: {{AUTHOR}}\n"
           "papers: {{PAPER}}\n",
           Family)
