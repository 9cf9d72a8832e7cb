// The kernels of normalisation.h, compiled for any processor, for AVX2 and for AVX-512. None fuses multiplications and additions, so all
// give the same bits.
#pragma clang fp contract(off)
#include "normalisation.h"

#include "scratch.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#if defined(__x86_64__)
#define CTORCH_AVX2 [[gnu::target("avx2")]]
#define CTORCH_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]
#else
#define CTORCH_AVX2
#define CTORCH_AVX512
#endif
#define CTORCH_INLINE [[gnu::always_inline]] inline
// Vectors are passed to functions that are inlined always, so it is no matter how they would be passed.
#pragma clang diagnostic ignored "-Wpsabi"

namespace ctorch::normalisation {

// A set's vectors have this many lanes, or half of them.
constexpr int64_t most_lanes = 16;

Plan make_plan(const Problem &p, bool pooled) {
  constexpr int64_t fits = 8192; // floats in the first-level cache
  Plan l{};
  l.period = std::lcm(p.channels, most_lanes);
  l.period *= (64 + l.period - 1) / l.period;
  l.strip = l.period * std::max<int64_t>(1, fits / l.period);
  l.strips = pooled ? p.images * p.rows() : (p.total() + l.strip - 1) / l.strip;
  l.tasks = std::clamp<int64_t>(p.total() / 32768, 1, std::min<int64_t>(l.strips, 1024));
  return l;
}

namespace {

template <int n> using Floats = float __attribute__((ext_vector_type(n)));
template <int n> using Ints = int32_t __attribute__((ext_vector_type(n)));
template <int n> using Bytes = uint8_t __attribute__((ext_vector_type(n)));

template <class V, class T> CTORCH_INLINE V load(const T *from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class V, class T> CTORCH_INLINE void store(T *to, V v) { std::memcpy(to, &v, sizeof v); }

// body(offset, offset within the period, a vector or float as template argument), over `count` floats that begin with channel 0.
template <int lanes, class Body> CTORCH_INLINE void for_each_vector(int64_t count, int64_t period, const Body &body) {
  int64_t i = 0;
  for (; i + period <= count; i += period)
    for (int64_t k = 0; k < period; k += lanes) body.template operator()<lanes>(i + k, k);
  for (int64_t k = 0; i + k < count; k++) body.template operator()<1>(i + k, k);
}

// A strip of a tensor with pooling, or without.
struct Strip {
  int64_t first, count;         // floats of the input
  int64_t out_first, out_count; // and of the output
  int64_t columns;              // of the output's row; 0 without pooling
};

template <class Body> CTORCH_INLINE void for_each_strip(const Problem &p, const Plan &l, int64_t task, bool pooled, const Body &body) {
  for (int64_t s = l.strips * task / l.tasks, end = l.strips * (task + 1) / l.tasks; s < end; s++) {
    if (!pooled) {
      const int64_t first = s * l.strip, count = std::min(l.strip, p.total() - first);
      body(Strip{first, count, first, count, 0});
      continue;
    }
    const int64_t row = s % p.rows(), out = p.columns() * p.channels;
    const int64_t rows = row + 1 < p.rows() ? 2 : p.height - 2 * row;
    body(Strip{(s / p.rows() * p.height + 2 * row) * p.row(), rows * p.row(), s * out, out, p.columns()});
  }
}

// Per strip its own mean and squares about it, which are then combined in double precision [Chan, Golub, LeVeque 1983].
template <int lanes>
CTORCH_INLINE void moments(const Problem &p, const Plan &l, const float *input, int64_t task, double *mean, double *squares) {
  const int64_t C = p.channels;
  std::fill_n(mean, C, 0.0);
  std::fill_n(squares, C, 0.0);
  float *sum = scratch(2 * l.period), *about = sum + l.period;
  double before = 0;
  for_each_strip(
      p, l, task, false, [&](const Strip &s) __attribute__((always_inline)) {
        const float *x = input + s.first;
        const double pixels = double(s.count / C), share = pixels / (before + pixels), shift = before * share;
        std::fill_n(sum, l.period, 0.0f);
        for_each_vector<lanes>(
            s.count, l.period, [&]<int n>(int64_t i, int64_t k) __attribute__((always_inline)) {
              using V = Floats<n>;
              store(sum + k, load<V>(sum + k) + load<V>(x + i));
            });
        for (int64_t c = 0; c < C; c++) {
          double total = 0;
          for (int64_t k = c; k < l.period; k += C) total += double(sum[k]);
          for (int64_t k = c; k < l.period; k += C) about[k] = float(total / pixels);
        }
        std::fill_n(sum, l.period, 0.0f);
        for_each_vector<lanes>(
            s.count, l.period, [&]<int n>(int64_t i, int64_t k) __attribute__((always_inline)) {
              using V = Floats<n>;
              const V d = load<V>(x + i) - load<V>(about + k);
              store(sum + k, load<V>(sum + k) + d * d);
            });
        for (int64_t c = 0; c < C; c++) {
          double total = 0;
          for (int64_t k = c; k < l.period; k += C) total += double(sum[k]);
          const double delta = double(about[c]) - mean[c];
          mean[c] += delta * share;
          squares[c] += total + delta * delta * shift;
        }
        before += pixels;
      });
}

// A counter through a mixing function: each value depends on the seed and on its place in the tensor, not on who draws it.
constexpr int64_t block = 4096;

CTORCH_INLINE uint64_t mixed(uint64_t z) { // SplitMix64's
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

CTORCH_INLINE void drop(const Problem &p, float *values, int64_t first, int64_t count) {
  while (count > 0) {
    const int64_t within = first % block, some = std::min(count, block - within);
    const uint64_t key = mixed(p.seed + uint64_t(first / block + 1) * 0x9e3779b97f4a7c15);
    const uint32_t low = uint32_t(key), high = uint32_t(key >> 32);
    for (int64_t i = 0; i < some; i++) {
      uint32_t z = uint32_t(within + i) * 0x9e3779b9u ^ low;
      z = (z ^ (z >> 16)) * 0x7feb352du;
      z = ((z ^ (z >> 15)) + high) * 0x846ca68bu;
      z ^= z >> 16;
      values[i] = z < p.dropped ? 0.0f : values[i] * p.kept_scale;
    }
    values += some, first += some, count -= some;
  }
}

template <class V> CTORCH_INLINE V activated(V x, float slope) {
  if (slope == 1) return x;
  return slope == 0 ? (x <= V(0) ? V(0) : x) : (x > V(0) ? x : x * slope);
}

// body(offset in the input's window, offset in the output, a vector's length) for the windows of a strip. Vectors of channels may
// overlap at the end, so `body` writes and does not add.
template <int lanes, class Body> CTORCH_INLINE void for_each_window(const Strip &s, int64_t C, const Body &body) {
  for (int64_t column = 0; column < s.columns; column++) {
    const int64_t in = 2 * column * C, out = column * C;
    if (C >= lanes)
      for (int64_t k = 0; k < C; k += lanes) {
        const int64_t c = std::min<int64_t>(k, C - lanes);
        body.template operator()<lanes>(in + c, out + c);
      }
    else
      for (int64_t c = 0; c < C; c++) body.template operator()<1>(in + c, out + c);
  }
}

template <int lanes> CTORCH_INLINE void apply(const Problem &p, const Plan &l, const Apply &a, int64_t task) {
  const bool pooled = p.pool == 2;
  float *normal = pooled ? scratch(3 * p.row()) : nullptr;
  for_each_strip(
      p, l, task, pooled, [&](const Strip &s) __attribute__((always_inline)) {
        const float *x = a.input + s.first;
        float *out = a.output + s.out_first, *to = pooled ? normal : out;
        const float slope = pooled ? 1 : p.slope;
        for_each_vector<lanes>(
            s.count, l.period, [&]<int n>(int64_t i, int64_t k) __attribute__((always_inline)) {
              using V = Floats<n>;
              store(to + i, activated<V>(load<V>(x + i) * load<V>(a.scale + k) + load<V>(a.shift + k), slope));
            });
        // As in ATen, the first of equals wins, and NaN over everything.
        for_each_window<lanes>(
            s, p.channels, [&]<int n>(int64_t i, int64_t o) __attribute__((always_inline)) {
              using V = Floats<n>;
              V most = load<V>(normal + i);
              Ints<n> at = 0;
              const int64_t places[] = {p.channels, p.row(), p.row() + p.channels};
              _Pragma("clang loop unroll(full)") for (int q = 0; q < 3; q++) {
                const V value = load<V>(normal + i + places[q]);
                const Ints<n> better = (value > most) | (value != value);
                most = better ? value : most;
                at = better ? Ints<n>(q + 1) : at;
              }
              store(out + o, activated<V>(most, p.slope));
              store(a.positions + s.out_first + o, __builtin_convertvector(at, Bytes<n>));
            });
        if (p.dropped) drop(p, out, s.out_first, s.out_count);
      });
}

// The gradient of a strip before the activation: in `dense`, or as it came.
template <int lanes> CTORCH_INLINE const float *dense_gradient(const Problem &p, const Backward &a, const Strip &s, float *dense) {
  const float *g = a.gradient + s.out_first, *y = p.slope == 1 ? g : a.output + s.out_first; // not kept where it tells nothing
  auto past = [&]<int n>(int64_t i) __attribute__((always_inline)) {
    using V = Floats<n>;
    const V value = load<V>(g + i);
    if (p.slope == 1) return value;
    return load<V>(y + i) <= V(0) ? (p.slope == 0 ? V(0) : value * p.slope) : value * p.kept_scale;
  };
  if (p.pool == 1) {
    if (p.slope == 1) return g;
    for_each_vector<lanes>(
        s.count,
        lanes, [&]<int n>(int64_t i, int64_t) __attribute__((always_inline)) { store(dense + i, past.template operator()<n>(i)); });
    return dense;
  }
  if (s.count > 2 * p.row() || p.width % 2) std::fill_n(dense, s.count, 0.0f); // what no window has
  for_each_window<lanes>(
      s, p.channels, [&]<int n>(int64_t i, int64_t o) __attribute__((always_inline)) {
        using V = Floats<n>;
        const V value = past.template operator()<n>(o);
        const Ints<n> at = __builtin_convertvector(load<Bytes<n>>(a.positions + s.out_first + o), Ints<n>);
        const int64_t places[] = {0, p.channels, p.row(), p.row() + p.channels};
        _Pragma("clang loop unroll(full)") for (int q = 0; q < 4; q++) store(dense + i + places[q], at == Ints<n>(q) ? value : V(0));
      });
  return dense;
}

inline int64_t dense_floats(const Problem &p, const Plan &l) { return p.pool == 2 ? 3 * p.row() : l.strip; }

template <int lanes>
CTORCH_INLINE void sums(const Problem &p, const Plan &l, const Backward &a, int64_t task, double *plain, double *moment) {
  float *plains = scratch(2 * l.period + dense_floats(p, l)), *moments = plains + l.period, *dense = moments + l.period;
  std::fill_n(plains, 2 * l.period, 0.0f);
  for_each_strip(
      p, l, task, p.pool == 2, [&](const Strip &s) __attribute__((always_inline)) {
        const float *x = a.input + s.first, *g = dense_gradient<lanes>(p, a, s, dense);
        for_each_vector<lanes>(
            s.count, l.period, [&]<int n>(int64_t i, int64_t k) __attribute__((always_inline)) {
              using V = Floats<n>;
              const V value = load<V>(g + i);
              store(plains + k, load<V>(plains + k) + value);
              store(moments + k, load<V>(moments + k) + value * (load<V>(x + i) - load<V>(a.mean + k)));
            });
      });
  for (int64_t c = 0; c < p.channels; c++) {
    plain[c] = moment[c] = 0;
    for (int64_t k = c; k < l.period; k += p.channels) {
      plain[c] += double(plains[k]);
      moment[c] += double(moments[k]);
    }
  }
}

template <int lanes> CTORCH_INLINE void gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) {
  float *dense = scratch(dense_floats(p, l));
  for_each_strip(
      p, l, task, p.pool == 2, [&](const Strip &s) __attribute__((always_inline)) {
        const float *x = a.input + s.first, *g = dense_gradient<lanes>(p, a, s, dense);
        float *to = a.input_gradient + s.first;
        for_each_vector<lanes>(
            s.count, l.period, [&]<int n>(int64_t i, int64_t k) __attribute__((always_inline)) {
              using V = Floats<n>;
              const V about = load<V>(x + i) - load<V>(a.mean + k);
              store(to + i, load<V>(a.scale + k) * load<V>(g + i) - load<V>(a.slope + k) * about - load<V>(a.constant + k));
            });
      });
}

// The instructions are an attribute of a function, so each is written down for each set.
struct Portable {
  static void moments(const Problem &p, const Plan &l, const float *x, int64_t task, double *mean, double *squares) {
    normalisation::moments<8>(p, l, x, task, mean, squares);
  }
  static void apply(const Problem &p, const Plan &l, const Apply &a, int64_t task) { normalisation::apply<8>(p, l, a, task); }
  static void sums(const Problem &p, const Plan &l, const Backward &a, int64_t task, double *plain, double *moment) {
    normalisation::sums<8>(p, l, a, task, plain, moment);
  }
  static void gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) { normalisation::gradient<8>(p, l, a, task); }
  static void drop(const Problem &p, float *values, int64_t first, int64_t count) { normalisation::drop(p, values, first, count); }
};

struct AVX2 {
  CTORCH_AVX2 static void moments(const Problem &p, const Plan &l, const float *x, int64_t task, double *mean, double *squares) {
    normalisation::moments<8>(p, l, x, task, mean, squares);
  }
  CTORCH_AVX2 static void apply(const Problem &p, const Plan &l, const Apply &a, int64_t task) { normalisation::apply<8>(p, l, a, task); }
  CTORCH_AVX2 static void sums(const Problem &p, const Plan &l, const Backward &a, int64_t task, double *plain, double *moment) {
    normalisation::sums<8>(p, l, a, task, plain, moment);
  }
  CTORCH_AVX2 static void gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) {
    normalisation::gradient<8>(p, l, a, task);
  }
  CTORCH_AVX2 static void drop(const Problem &p, float *values, int64_t first, int64_t count) {
    normalisation::drop(p, values, first, count);
  }
};

struct AVX512 {
  CTORCH_AVX512 static void moments(const Problem &p, const Plan &l, const float *x, int64_t task, double *mean, double *squares) {
    normalisation::moments<16>(p, l, x, task, mean, squares);
  }
  CTORCH_AVX512 static void apply(const Problem &p, const Plan &l, const Apply &a, int64_t task) {
    normalisation::apply<16>(p, l, a, task);
  }
  CTORCH_AVX512 static void sums(const Problem &p, const Plan &l, const Backward &a, int64_t task, double *plain, double *moment) {
    normalisation::sums<16>(p, l, a, task, plain, moment);
  }
  CTORCH_AVX512 static void gradient(const Problem &p, const Plan &l, const Backward &a, int64_t task) {
    normalisation::gradient<16>(p, l, a, task);
  }
  CTORCH_AVX512 static void drop(const Problem &p, float *values, int64_t first, int64_t count) {
    normalisation::drop(p, values, first, count);
  }
};

template <class Set>
constexpr Kernels all = {.moments = Set::moments, .apply = Set::apply, .sums = Set::sums, .gradient = Set::gradient, .drop = Set::drop};

} // namespace

const Kernels &kernels(Instructions set) {
  if (set >= Instructions::avx512) return all<AVX512>;
  return set >= Instructions::avx2 ? all<AVX2> : all<Portable>;
}

} // namespace ctorch::normalisation
