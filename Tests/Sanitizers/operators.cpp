// Runs every operator of the namespace zoo over random shapes, on each set of instructions and with one and two threads, compares
// it with ATen's operators in float64, and exits with 1 where they differ. Built with AddressSanitizer and
// UndefinedBehaviorSanitizer by `make sanitize`. usage: operators [CASES [SEED]]

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <random>
#include <sstream>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

namespace {

std::mt19937_64 generator;

int64_t one(std::initializer_list<int64_t> values) { return *(values.begin() + int64_t(generator() % values.size())); }

c10::IValue call(const char *name, const char *overload, std::vector<c10::IValue> arguments) {
  auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
  handle.callBoxed(arguments);
  return arguments.at(0);
}

const std::vector<std::string> &sets() {
  static const auto found = [] {
    std::vector<std::string> list;
    auto x = at::zeros({1, 1, 3, 3});
    for (const char *set : {"portable", "avx2", "avx512", "avx512_bf16", "amx"}) try {
        call("zoo::conv_pool_act", "on", {x, x, c10::IValue(), 1, 0, 1, 0.0, set});
        list.push_back(set);
      } catch (const c10::Error &) {
      } // not of this processor
    return list;
  }();
  return found;
}

// An operator with its tensors; `run` takes them in float32 or float64, and a set of instructions or "off".
struct Case {
  std::string name;
  std::vector<at::Tensor> leaves; // float64
  std::function<at::Tensor(const std::vector<at::Tensor> &, const std::string &)> run;
  at::ScalarType type;
  double tolerance;
  at::Tensor decided = {}; // of the output, where rounding chooses nothing; undefined: everywhere
};

// The output and every gradient of Σ output · cotangent.
std::vector<at::Tensor> results(const Case &c, at::ScalarType type, const std::string &set) {
  std::vector<at::Tensor> leaves;
  for (const auto &leaf : c.leaves) leaves.push_back(leaf.to(type).detach().requires_grad_());
  auto output = c.run(leaves, set);
  // Not about zero: the gradient of a bias, its sum, would be nothing but rounding.
  auto cotangent = (at::sin(at::arange(output.numel(), at::kDouble)) + 0.5).reshape(output.sizes()).to(type);
  if (c.decided.defined()) cotangent = cotangent * c.decided;
  auto found = torch::autograd::grad({output}, leaves, {cotangent});
  found.insert(found.begin(), output.detach());
  return found;
}

// Where the two largest of a window, or zero and what the activation gets, are further apart than rounding can move them.
at::Tensor decided(const at::Tensor &convolved, int64_t pool, double slope) {
  const int64_t rows = convolved.size(2) / pool, columns = convolved.size(3) / pool;
  const auto windows = convolved.narrow(2, 0, rows * pool)
                           .narrow(3, 0, columns * pool)
                           .reshape({convolved.size(0), convolved.size(1), rows, pool, columns, pool})
                           .permute({0, 1, 2, 4, 3, 5})
                           .flatten(4);
  const double least = 2e-4 * convolved.abs().max().item<double>();
  const auto most = windows.amax(4);
  auto found = slope == 1 ? at::ones_like(most, at::kBool) : most.abs() > least;
  if (pool > 1) found = found.logical_and(most - std::get<0>(windows.topk(2)).select(4, 1) > least);
  return found;
}

// In bfloat16 the kernels round the gradient too, which sin() is not, and float64 does not: 2⁻⁸ of each of some numbers.
Case convolution(bool halves) {
  const int64_t kernel = one({1, 2, 3, 4, 5, 7, 9, 11}), stride = one({1, 1, 2}), padding = one({0, 0, 1, 2, 5}), pool = one({1, 2, 2});
  const int64_t images = one({1, 2, 7, 33}), channels = one({1, 1, 2, 3, 5, 8, 16, 20, 40, 70}), outputs = one({1, 3, 8, 16, 17, 33, 40});
  const int64_t least = std::max<int64_t>(1, kernel - 2 * padding) + stride * (pool - 1);
  const int64_t height = least + int64_t(generator() % 9), width = least + int64_t(generator() % 9);
  const double slope = std::vector<double>{0, 0, 0.25, 1}[generator() % 4];
  const bool bias = generator() % 3 > 0;
  std::ostringstream name;
  name << "conv_pool_act " << images << "×" << channels << "×" << height << "×" << width << ", " << outputs << " outputs, kernel " << kernel
       << ", stride " << stride << ", padding " << padding << ", pool " << pool << ", slope " << slope << (bias ? ", bias" : "")
       << (halves ? ", bfloat16" : "");
  auto x = at::randn({images, channels, height, width}).to(at::kDouble);
  auto weight = (at::randn({outputs, channels, kernel, kernel}) / std::sqrt(double(channels * kernel * kernel))).to(at::kDouble);
  if (halves) x = x.to(at::kBFloat16).to(at::kDouble), weight = weight.to(at::kBFloat16).to(at::kDouble);
  std::vector<at::Tensor> leaves{x, weight};
  if (bias) leaves.push_back(at::randn({outputs}).to(at::kDouble));
  return {name.str(),
          leaves,
          [=](const std::vector<at::Tensor> &t, const std::string &set) {
            // Of bfloat16 the portable set has blocks of its own, and the others' are float32's unless the processor has it.
            const std::string way = !halves || set == "off" ? set : (set == "portable" ? "tiles" : set) + "+bf16";
            return call("zoo::conv_pool_act", "on",
                        {t[0], t[1], bias ? c10::IValue(t[2]) : c10::IValue(), stride, padding, pool, slope, way})
                .toTensor();
          },
          at::kFloat,
          halves ? 1e-2 : 2e-5,
          decided(at::conv2d(x, weight, bias ? leaves[2] : at::Tensor(), stride, padding), pool, slope)};
}

Case resampling() {
  const int64_t images = one({1, 2, 33}), channels = one({1, 1, 2, 5, 8, 9, 16, 20}), height = one({1, 2, 5, 28}),
                width = one({1, 3, 8, 17});
  const int64_t out_height = one({1, 4, 9}), out_width = one({1, 5, 8, 64, 70}), places = one({0, 1, 2});
  const bool border = generator() % 2, last = generator() % 2;
  std::ostringstream name;
  name << (places == 2   ? "sample "
           : places == 1 ? "warp by a homography "
                         : "warp ")
       << images << "×" << channels << "×" << height << "×" << width << " to " << out_height << "×" << out_width
       << (border ? ", border" : ", zeros") << (last ? ", channels last" : "");
  auto x = at::randn({images, channels, height, width}, at::kDouble);
  if (last) x = x.contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor where;
  if (places == 2)
    where = at::randn({images, out_height, out_width, 2}, at::kDouble) * 0.8;
  else
    where = at::eye(3, at::kDouble).narrow(0, 0, places + 2) + at::tanh(at::randn({images, places + 2, 3}, at::kDouble)) * 0.3;
  const std::string padding = border ? "border" : "zeros";
  const std::vector<int64_t> size{out_height, out_width};
  return {name.str(),
          {x, where},
          [=](const std::vector<at::Tensor> &t, const std::string &set) {
            return places == 2 ? call("zoo::sample", "on", {t[0], t[1], padding, set}).toTensor()
                               : call("zoo::warp", "on", {t[0], t[1], size, padding, set}).toTensor();
          },
          at::kDouble,
          1e-10};
}

// Leaves: input, weight, bias. Running statistics are made anew for each run, as training changes them.
Case normalisation() {
  const int64_t images = one({2, 7, 33}), channels = one({1, 2, 3, 5, 8, 10, 20, 33}), group = one({1, 1, 4, 8}), pool = one({1, 2});
  const int64_t height = 2 + int64_t(generator() % 9), width = pool + int64_t(generator() % 11);
  const double slope = std::vector<double>{0, 0, 0.2, 1}[generator() % 4];
  const bool training = generator() % 3 > 0, last = generator() % 2;
  std::ostringstream name;
  name << "norm_pool_act " << images << "×" << channels << "·" << group << "×" << height << "×" << width << ", pool " << pool << ", slope "
       << slope << (training ? ", training" : ", evaluation") << (last ? ", channels last" : "");
  auto x = (at::randn({images, channels * group, height, width}) * 2 + at::randn({1, channels * group, 1, 1})).to(at::kDouble);
  if (last) x = x.contiguous(at::MemoryFormat::ChannelsLast);
  return {name.str(),
          {x, at::randn({channels}).to(at::kDouble), at::randn({channels}).to(at::kDouble)},
          [=](const std::vector<at::Tensor> &t, const std::string &set) {
            auto mean = at::zeros_like(t[1]), variance = at::ones_like(t[1]);
            return call("zoo::norm_pool_act", "on", {t[0], t[1], t[2], mean, variance, training, 0.1, 1e-5, group, pool, slope, 0.0, set})
                .toTensor();
          },
          at::kFloat,
          5e-5};
}

double difference(const at::Tensor &found, const at::Tensor &expected) {
  if (expected.numel() == 0) return 0;
  const double most = expected.abs().max().item<double>();
  return (found.to(at::kDouble) - expected).abs().max().item<double>() / (most > 0 ? most : 1);
}

// From bytes there is no set to name and no gradient: memory is what is looked at, and the warp of the same floats.
double bytes() {
  const int64_t channels = one({1, 3}), height = one({1, 5, 28}), width = one({1, 8, 17});
  auto images = at::randint(0, 256, {5, channels, height, width}, at::kByte);
  auto index = at::randint(0, 5, {9}, at::kLong);
  auto theta = at::eye(3).narrow(0, 0, 2) + at::randn({9, 2, 3}) * 0.3;
  const std::vector<int64_t> size{7, 70};
  auto found = call("zoo::warp_u8", "", {images, index, theta, size, "zeros", 0.5, 0.25}).toTensor();
  auto floats = images.index_select(0, index).to(at::kFloat) / 255;
  auto expected = (call("zoo::warp", "", {floats, theta, size, "zeros"}).toTensor() - 0.5) / 0.25;
  return difference(found, expected.to(at::kDouble));
}

} // namespace

int main(int count, char **arguments) {
  const int cases = count > 1 ? std::atoi(arguments[1]) : 100;
  const auto now = uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
  const uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : now;
  std::printf("operators: %d cases, seed %llu, on", cases, static_cast<unsigned long long>(seed));
  for (const auto &set : sets()) std::printf(" %s", set.c_str());
  std::printf("\n");
  generator.seed(seed);
  at::manual_seed(seed);
  int failures = 0;
  auto check = [&](bool right, const std::string &what) {
    if (!right) std::printf("differs: %s\n", what.c_str());
    failures += !right;
  };
  for (int i = 0; i < cases; i++) {
    const Case c = i % 4 == 0 ? convolution(false) : i % 4 == 1 ? convolution(true) : i % 4 == 2 ? resampling() : normalisation();
    const auto expected = results(c, at::kDouble, "off");
    for (const auto &set : sets()) {
      at::set_num_threads(1);
      const auto found = results(c, c.type, set);
      at::set_num_threads(2);
      const auto again = results(c, c.type, set);
      for (size_t k = 0; k < expected.size(); k++) {
        const auto what = c.name + " on " + set + ", result " + std::to_string(k);
        check(difference(found[k], expected[k]) < c.tolerance, what);
        check(at::equal(found[k], again[k]), what + ": other bits with two threads");
      }
    }
    check(bytes() < 1e-5, "warp_u8");
  }
  std::printf("operators: %d failures\n", failures);
  return failures ? 1 : 0;
}
