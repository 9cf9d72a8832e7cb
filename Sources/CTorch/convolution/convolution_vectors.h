// What the kernels of convolutions share on one set of instructions: vectors, pooling with activation, and patches of the input's
// gradient. The file that is compiled for the set defines CTORCH_PROCESSOR as the header with its constants; everything has internal
// linkage.
#pragma once

#ifndef CTORCH_PROCESSOR
#error "define CTORCH_PROCESSOR as the header that describes a set of instructions, processor_avx2.h for example"
#endif

#include CTORCH_PROCESSOR
#include "kernel_includes.h"

#define CTORCH_UNROLL _Pragma("clang loop unroll(full)")

namespace ctorch::convolution {
namespace {

constexpr int64_t lanes = Processor::lanes, tile_positions = Processor::tile_positions, tile_vectors = Processor::tile_vectors;

using Floats = float __attribute__((ext_vector_type(lanes)));
using Ints = int32_t __attribute__((ext_vector_type(lanes)));
using Words = uint32_t __attribute__((ext_vector_type(lanes)));
using Bytes = uint8_t __attribute__((ext_vector_type(lanes)));

inline Floats load(const float *from) {
  Floats v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store(float *to, Floats v) { std::memcpy(to, &v, sizeof v); }

inline Floats times_plus(Floats a, Floats b, Floats c) {
  if constexpr (Processor::multiply_add)
    return __builtin_elementwise_fma(a, b, c);
  else
    return a * b + c;
}

inline int64_t whole(int64_t count, int64_t of) { return (count + of - 1) / of; }

// To the nearest bfloat16, ties to even.
inline Floats rounded(Floats value) {
  Words bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  Floats near;
  std::memcpy(&near, &bits, sizeof near);
  return value == value ? near : value;
}

inline void round_all(const float *from, int64_t count, float *to) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(to + i, rounded(load(from + i)));
  for (; i < count; i++) to[i] = rounded(from[i])[0];
}

// Where each position of an image's output begins in the input; without pooling there is only position 0.
inline int64_t input_offset(const Problem &p, int64_t row, int64_t column, int64_t position) {
  const int64_t y = row * p.pool + (position >> 1), x = column * p.pool + (position & 1);
  return (y * p.stride * p.width + x * p.stride) * p.channels;
}

template <class Set = Processor> inline void store_some(float *to, Floats v, int64_t count) {
  if (count >= lanes)
    store(to, v);
  else if constexpr (Set::compresses)
    Set::store_first(to, v, count);
  else if (count == lanes / 2)
    std::memcpy(to, &v, sizeof v / 2);
  else
    for (int64_t i = 0; i < count; i++) to[i] = v[i];
}

inline void add_some(float *to, Floats v, int64_t count) {
  if (count >= lanes) {
    store(to, load(to) + v);
  } else {
    for (int64_t i = 0; i < count; i++) to[i] += v[i];
  }
}

template <class Set = Processor> inline void store_some(uint8_t *to, Ints v, int64_t count) {
  const Bytes bytes = __builtin_convertvector(v, Bytes);
  if (count >= lanes)
    std::memcpy(to, &bytes, sizeof bytes);
  else if constexpr (Set::compresses)
    Set::store_first(to, bytes, count);
  else
    for (int64_t i = 0; i < count; i++) to[i] = bytes[i];
}

struct Chosen {
  Floats value;
  Ints at;
};

// The largest of a cell's positions, and which it is. As in ATen, the first of equals wins, and NaN over everything.
template <int count> inline Chosen largest(const Floats (&values)[count]) {
  if constexpr (count == 1) {
    return {values[0], Ints(0)};
  } else {
    const Ints second = values[1] > values[0], fourth = values[3] > values[2];
    const Floats upper = second ? values[1] : values[0], lower = fourth ? values[3] : values[2];
    const Ints below = lower > upper;
    Chosen c{below ? lower : upper, below ? Ints(2) - fourth : -second};
    const Ints none = (values[0] != values[0]) | (values[1] != values[1]) | (values[2] != values[2]) | (values[3] != values[3]);
    if (__builtin_reduce_or(none) != 0) {
      CTORCH_UNROLL for (int q = 0; q < count; q++) {
        const Ints nan = values[q] != values[q];
        c = {nan ? values[q] : c.value, nan ? Ints(q) : c.at};
      }
    }
    return c;
  }
}

// Pools and activates one vector of output channels, and stores what comes of it.
template <int count> inline void finish(const Problem &p, const Floats (&values)[count], float *out, uint8_t *position, int64_t outputs) {
  Chosen c = largest(values);
  if (p.slope != 1) {
    const Ints below = p.slope == 0 ? c.value <= Floats(0) : ~(c.value > Floats(0));
    const Floats lower = p.slope == 0 ? Floats(0) : c.value * p.slope;
    c = {below ? lower : c.value, c.at | (below & int32_t(below_zero))};
  }
  store_some(out, c.value, outputs);
  if (position) store_some(position, c.at, outputs);
}

// The same of values[position × step...].
inline void finish(const Problem &p, const float *values, int64_t step, float *out, uint8_t *position, int64_t outputs) {
  if (p.pool == 1)
    finish<1>(p, {load(values)}, out, position, outputs);
  else
    finish<4>(p, {load(values), load(values + step), load(values + 2 * step), load(values + 3 * step)}, out, position, outputs);
}

// What the activation lets through of a vector of gradients.
inline Floats passed(const Problem &p, const float *g, const uint8_t *at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  const Ints below = (__builtin_convertvector(bytes, Ints) & int32_t(below_zero)) != 0;
  const Floats value = load(g), lower = p.slope == 0 ? Floats(0) : value * p.slope;
  return below ? lower : value;
}

inline float passed_one(const Problem &p, const float *g, const uint8_t *at) {
  return *at & below_zero ? (p.slope == 0 ? 0 : *g * p.slope) : *g;
}

// The same of the gradients of `count` outputs: use(i, a vector or a float) for each.
template <class Use> inline void for_each_passed(const Problem &p, const float *g, const uint8_t *at, int64_t count, const Use &use) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) use(i, passed(p, g + i, at + i));
  for (; i < count; i++) use(i, passed_one(p, g + i, at + i));
}

// Which lanes of a vector lie within a run of floats, the vector's first being the run's `at`-th: a mask of bits, or where in a mask of
// ones for the run, with zeros around it, to begin.
template <class Set = Processor> inline int32_t lanes_within(int64_t at, int64_t run) {
  if constexpr (Set::compresses) return Set::lanes_within(at, run);
  return int32_t(at);
}

// Those lanes; zero elsewhere.
template <class Set = Processor> inline Floats load_lanes(const float *from, int32_t lanes, const int32_t *mask) {
  if constexpr (Set::compresses) return Floats(Set::load_lanes(from, lanes));
  Ints bits, keep;
  std::memcpy(&bits, from, sizeof bits);
  std::memcpy(&keep, mask + lanes, sizeof keep);
  bits &= keep;
  Floats value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// What add_patches reads beside patches, and beside the ones of its mask.
inline int64_t patch_slack(const Problem &p) { return lanes + p.stride * p.channels; }

// Adds the gradients of a row of cells' patches to those of the image's rows beneath. By vectors of the image's rows, each
// gathered from the patches that reach it, so that no sum waits for a store that it overlaps; several sums, so that none waits for the
// one before. `mask` has ones for a row of the kernel.
inline void add_patches(const Problem &p, int64_t pitch, const float *patches, int64_t row, const int32_t *mask, float *image) {
  constexpr int side = 4;
  constexpr int64_t most = 128; // patches to a vector: one for each of its floats and of a run, which is shorter than four vectors
  const int64_t step = p.stride * p.channels, run = p.run(), last = p.columns * p.pool - 1, rows = p.pool * p.pool * pitch;
  const int64_t kernel = p.kernel, pool = p.pool, image_row = p.width * p.channels; // in registers
  for (int64_t i = 0; i < last * step + run; i += lanes) {
    int64_t count = 0, offsets[most];
    int32_t parts[most];
    for (int64_t x = i < run ? 0 : (i - run) / step + 1, end = std::min(last, (i + lanes - 1) / step); x <= end; x++, count++) {
      offsets[count] = x / pool * rows + x % pool * pitch + i - x * step;
      parts[count] = lanes_within(i - x * step, run);
    }
    for (int64_t y = 0; y < pool; y++)
      for (int64_t r = 0; r < kernel; r++) {
        float *to = image + ((row * pool + y) * p.stride + r) * image_row + i;
        const float *from = patches + y * pool * pitch + r * run;
        Floats sum[side];
        CTORCH_UNROLL for (int s = 0; s < side; s++) sum[s] = 0;
        int64_t k = 0;
        for (; k + side <= count; k += side) {
          CTORCH_UNROLL for (int s = 0; s < side; s++) sum[s] += load_lanes(from + offsets[k + s], parts[k + s], mask);
        }
        for (; k < count; k++) sum[0] += load_lanes(from + offsets[k], parts[k], mask);
        store(to, load(to) + ((sum[0] + sum[1]) + (sum[2] + sum[3])));
      }
  }
}

} // namespace
} // namespace ctorch::convolution
