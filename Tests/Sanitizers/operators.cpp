// Runs every operator of the namespace zoo over random shapes, on each set of instructions and with one and two threads, compares
// it with ATen's operators in float64, and exits with 1 where they differ. Built with AddressSanitizer and
// UndefinedBehaviorSanitizer by `make sanitize`. usage: operators [CASES [SEED]]. Case i has the seed SEED + i, 0 at first.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
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
  at::Tensor cotangent;               // zero where rounding may choose
  std::vector<at::Tensor> tolerances; // of the output and of each gradient
};

// What a sum of so many terms, whose magnitudes add up to 1, may be off: the rule of Tests/TestSupport/Rounding.swift.
double tolerance(int64_t terms, at::ScalarType type) { return 8 * std::sqrt(double(terms)) * (type == at::kDouble ? 0x1p-53 : 0x1p-24); }

// Not about zero, so that sums grow with their terms.
at::Tensor wave(at::IntArrayRef shape) { return (at::sin(at::arange(c10::multiply_integers(shape), at::kDouble)) + 0.5).reshape(shape); }

// The output and every gradient of Σ output · cotangent.
std::vector<at::Tensor> results(const Case &c, at::ScalarType type, const std::string &set) {
  std::vector<at::Tensor> leaves;
  for (const auto &leaf : c.leaves) leaves.push_back(leaf.to(type).detach().requires_grad_());
  auto output = c.run(leaves, set);
  auto found = torch::autograd::grad({output}, leaves, {c.cotangent.to(type)});
  found.insert(found.begin(), output.detach());
  return found;
}

// Where the two largest of a window, and the largest and zero, are further apart than rounding can move them.
at::Tensor decided(const at::Tensor &values, const at::Tensor &tolerated, int64_t pool, double slope) {
  const int64_t rows = values.size(2) / pool, columns = values.size(3) / pool;
  auto windows = [&](const at::Tensor &x) {
    return x.expand_as(values)
        .narrow(2, 0, rows * pool)
        .narrow(3, 0, columns * pool)
        .reshape({values.size(0), values.size(1), rows, pool, columns, pool})
        .permute({0, 1, 2, 4, 3, 5})
        .flatten(4);
  };
  const auto all = windows(values), most = all.amax(4), may = windows(tolerated).amax(4);
  auto found = slope == 1 ? at::ones_like(most, at::kBool) : most.abs() > may;
  if (pool > 1) found = found.logical_and(most - std::get<0>(all.topk(2)).select(4, 1) > 2 * may);
  return found.to(at::kDouble);
}

at::Tensor activated(const at::Tensor &values, int64_t pool, double slope) {
  auto y = at::leaky_relu(values, slope);
  return pool == 1 ? y : at::max_pool2d(y, pool);
}

// The gradient of Σ activated(values) · cotangent.
at::Tensor through_activation(const at::Tensor &values, const at::Tensor &cotangent, int64_t pool, double slope) {
  auto leaf = values.detach().requires_grad_();
  return torch::autograd::grad({activated(leaf, pool, slope)}, {leaf}, {cotangent})[0];
}

Case convolution(bool halves) {
  const int64_t kernel = one({1, 2, 3, 4, 5, 7, 9, 11}), stride = one({1, 1, 2}), padding = one({0, 0, 1, 2, 5}), pool = one({1, 2, 2});
  const int64_t images = one({1, 2, 7, 33}), channels = one({1, 1, 2, 3, 5, 8, 16, 20, 40, 70}), outputs = one({1, 3, 8, 16, 17, 33, 40});
  const int64_t least = std::max<int64_t>(1, kernel - 2 * padding) + stride * (pool - 1);
  const int64_t height = least + int64_t(generator() % 9), width = least + int64_t(generator() % 9);
  const double slope = std::vector<double>{0, 0, 0.25, 1}[generator() % 4];
  const bool bias = generator() % 3 > 0, blocks = halves && generator() % 2;
  std::ostringstream name;
  name << "conv_pool_act " << images << "×" << channels << "×" << height << "×" << width << ", " << outputs << " outputs, kernel " << kernel
       << ", stride " << stride << ", padding " << padding << ", pool " << pool << ", slope " << slope << (bias ? ", bias" : "")
       << (halves ? ", bfloat16" : "") << (blocks ? " in blocks" : "");
  // In bfloat16 the kernels round the input and the weight, so those are rounded before; gradients are float32's.
  auto rounded = [=](const at::Tensor &t) { return halves ? t.to(at::kBFloat16).to(at::kDouble) : t; };
  std::vector<at::Tensor> leaves{
      rounded(at::randn({images, channels, height, width}).to(at::kDouble)),
      rounded((at::randn({outputs, channels, kernel, kernel}) / std::sqrt(double(channels * kernel * kernel))).to(at::kDouble))};
  if (generator() % 2) leaves[1] = leaves[1].contiguous(at::MemoryFormat::ChannelsLast);
  if (bias) leaves.push_back(at::randn({outputs}).to(at::kDouble));
  auto convolved = [=](const std::vector<at::Tensor> &t) { return at::conv2d(t[0], t[1], bias ? t[2] : at::Tensor(), stride, padding); };
  // On magnitudes the operator gives the sums of the terms' magnitudes. Winograd's tiles mix the numbers of a tensor: the largest counts.
  std::vector<at::Tensor> magnitudes;
  for (const auto &leaf : leaves) magnitudes.push_back(leaf.abs().requires_grad_());
  const auto values = convolved(leaves), sums = convolved(magnitudes);
  std::vector<at::Tensor> tolerances{sums.detach().max() * tolerance(channels * kernel * kernel + 1, at::kFloat)};
  const auto choices = decided(values, tolerances[0], pool, slope);
  const auto cotangent = wave(choices.sizes()) * choices;
  const auto gradients = torch::autograd::grad({sums}, magnitudes, {through_activation(values, cotangent, pool, slope).abs()});
  const int64_t positions = images * values.size(2) * values.size(3);
  for (size_t i = 0; i < gradients.size(); i++)
    tolerances.push_back(gradients[i].max() * tolerance((i == 0 ? outputs * kernel * kernel : positions) + 1, at::kFloat));
  return {name.str(),
          leaves,
          [=](const std::vector<at::Tensor> &t, const std::string &set) {
            // The processor's own products wherever there are any, also where a network would take others.
            const bool own = set == "portable" || set == "avx512_bf16" || set == "amx";
            const bool in_tiles = set == "amx" || (set == "portable" && blocks);
            const std::string way = !halves || set == "off" ? set : set + (!own ? "+bf16" : in_tiles ? "+tiles" : "+pairs");
            return call("zoo::conv_pool_act", "on",
                        {t[0], t[1], bias ? c10::IValue(t[2]) : c10::IValue(), stride, padding, pool, slope, way})
                .toTensor();
          },
          at::kFloat,
          cotangent,
          tolerances};
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
  Case c{name.str(),
         {x, where},
         [=](const std::vector<at::Tensor> &t, const std::string &set) {
           return places == 2 ? call("zoo::sample", "on", {t[0], t[1], padding, set}).toTensor()
                              : call("zoo::warp", "on", {t[0], t[1], size, padding, set}).toTensor();
         },
         at::kDouble,
         {},
         {}};
  // The bilinear kernel has kinks at the pixels' rows and columns: there the gradient of the places jumps.
  auto grid = where;
  if (places < 2) {
    auto base = at::affine_grid_generator(at::eye(3, at::kDouble).narrow(0, 0, 2).unsqueeze(0), {1, 1, out_height, out_width}, false);
    auto flat = at::cat({base.reshape({1, -1, 2}), at::ones({1, out_height * out_width, 1}, at::kDouble)}, 2);
    auto mapped = at::matmul(flat, where.transpose(1, 2));
    grid = places == 0 ? mapped : mapped.narrow(2, 0, 2) / mapped.narrow(2, 2, 1);
    grid = grid.reshape({images, out_height, out_width, 2});
  }
  const double reach = (1 + grid.abs().max().item<double>()) * double(std::max(height, width)); // a coordinate's largest, in pixels
  const auto pixels = ((grid + 1) * at::tensor({double(width), double(height)}, at::kDouble) - 1) / 2;
  const auto off = ((pixels - pixels.round()).abs() > tolerance(8, at::kDouble) * reach).all(3).unsqueeze(1).to(at::kDouble);
  c.cotangent = wave({images, channels, out_height, out_width}) * off;
  // A pixel may get a share of every place, and a matrix gets all places' pixels in every channel.
  const double pixel = x.abs().max().item<double>(), most = c.cotangent.abs().max().item<double>();
  auto leaf = x.detach().requires_grad_();
  const auto shares = torch::autograd::grad({c.run({leaf, where}, "off")}, {leaf}, {c.cotangent.abs()})[0].max().item<double>() + most;
  const int64_t area = out_height * out_width, terms = 4 * channels * (places == 2 ? 1 : area);
  for (double tolerated : {2 * pixel * reach * tolerance(8, at::kDouble), shares * reach * tolerance(area + 8, at::kDouble),
                           double(terms) * most * pixel * reach * reach * tolerance(terms + 8, at::kDouble)})
    c.tolerances.push_back(at::full({}, tolerated, at::kDouble));
  return c;
}

// Leaves: input, weight, bias. Running statistics are made anew for each run, as training changes them.
Case normalisation() {
  const int64_t images = one({2, 7, 33}), channels = one({1, 2, 3, 5, 8, 10, 20, 33}), group = one({1, 1, 4, 8}), pool = one({1, 2});
  const int64_t height = 2 + int64_t(generator() % 9), width = pool + int64_t(generator() % 11);
  const double slope = std::vector<double>{0, 0, 0.2, 1}[generator() % 4], epsilon = 1e-5;
  const bool training = generator() % 3 > 0, last = generator() % 2;
  std::ostringstream name;
  name << "norm_pool_act " << images << "×" << channels << "·" << group << "×" << height << "×" << width << ", pool " << pool << ", slope "
       << slope << (training ? ", training" : ", evaluation") << (last ? ", channels last" : "");
  auto x = (at::randn({images, channels * group, height, width}) * 2 + at::randn({1, channels * group, 1, 1})).to(at::kDouble);
  if (last) x = x.contiguous(at::MemoryFormat::ChannelsLast);
  Case c{name.str(),
         {x, at::randn({channels}).to(at::kDouble), at::randn({channels}).to(at::kDouble)},
         [=](const std::vector<at::Tensor> &t, const std::string &set) {
           auto mean = at::zeros_like(t[1]), variance = at::ones_like(t[1]);
           return call("zoo::norm_pool_act", "on", {t[0], t[1], t[2], mean, variance, training, 0.1, epsilon, group, pool, slope, 0.0, set})
               .toTensor();
         },
         at::kFloat,
         {},
         {}};
  // The terms are those of NormCase.comparison in Tests/ZooKitTests, with the same names.
  auto grouped = [&](const at::Tensor &t) { return t.reshape({images, channels, group * height, width}); };
  auto ungrouped = [&](const at::Tensor &t) { return t.reshape({images, channels * group, height, width}); };
  auto mean = [](const at::Tensor &t) { return t.mean(at::IntArrayRef{0, 2, 3}, true); };
  const auto w = c.leaves[1].reshape({1, channels, 1, 1}), b = c.leaves[2].reshape({1, channels, 1, 1}), values = grouped(x);
  const auto mu = training ? mean(values) : at::zeros_like(w);
  const auto sigma = ((training ? mean((values - mu).square()) : at::ones_like(w)) + epsilon).sqrt();
  const auto normal = (values - mu) / sigma, wide = (values.abs() + mu.abs()) / sigma, z = ungrouped(normal * w + b);
  const double rounding = tolerance(images * group * height * width + 4, at::kFloat);
  const auto of_z = ungrouped((wide * w.abs() + b.abs()) * rounding);
  const auto choices = decided(z, of_z, pool, slope);
  c.cotangent = wave(choices.sizes()) * choices;
  const auto g = grouped(through_activation(z, c.cotangent, pool, slope)).abs();
  const auto of_x = training ? g + mean(g) + normal.abs() * mean(g * wide) + wide * mean(g * normal.abs()) : g;
  auto sum = [](const at::Tensor &t) { return t.sum(at::IntArrayRef{0, 2, 3}); };
  c.tolerances = {pool == 1 ? of_z : at::max_pool2d(of_z, pool), ungrouped(of_x * w.abs() / sigma * rounding), sum(g * wide) * rounding,
                  sum(g) * rounding};
  return c;
}

// The largest difference in units of what is tolerated.
double excess(const at::Tensor &found, const at::Tensor &expected, const at::Tensor &tolerated) {
  if (expected.numel() == 0) return 0;
  const auto off = (found.to(at::kDouble) - expected).abs();
  return at::where(off == 0, at::zeros_like(off), off / tolerated).nan_to_num(INFINITY).max().item<double>();
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

// A seed decides a case entirely: its operator, its shape and its numbers.
Case drawn(uint64_t seed) {
  generator.seed(seed);
  at::manual_seed(seed);
  switch (seed % 4) {
  case 0: return convolution(false);
  case 1: return convolution(true);
  case 2: return resampling();
  default: return normalisation();
  }
}

} // namespace

int main(int count, char **arguments) {
  const int cases = count > 1 ? std::atoi(arguments[1]) : 100;
  const uint64_t first = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0;
  std::printf("operators: %d cases from seed %llu, on", cases, static_cast<unsigned long long>(first));
  for (const auto &set : sets()) std::printf(" %s", set.c_str());
  std::printf("\n");
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    const uint64_t seed = first + uint64_t(i);
    auto check = [&](bool right, const std::string &what) {
      if (!right) std::printf("differs: %s, seed %llu\n", what.c_str(), static_cast<unsigned long long>(seed));
      failures += !right;
    };
    const Case c = drawn(seed);
    const auto expected = results(c, at::kDouble, "off");
    for (const auto &set : sets()) {
      at::set_num_threads(1);
      const auto found = results(c, c.type, set);
      at::set_num_threads(2);
      const auto again = results(c, c.type, set);
      for (size_t k = 0; k < expected.size(); k++) {
        const auto what = c.name + " on " + set + ", result " + std::to_string(k);
        check(excess(found[k], expected[k], c.tolerances[k]) <= 1, what);
        check(at::equal(found[k], again[k]), what + ": other bits with two threads");
      }
    }
    check(bytes() < 1e-5, "warp_u8");
  }
  std::printf("operators: %d failures\n", failures);
  return failures ? 1 : 0;
}
