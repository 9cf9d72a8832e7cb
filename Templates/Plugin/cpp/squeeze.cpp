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
