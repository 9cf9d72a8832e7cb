// Bilinear resampling at given places, one strip of output pixels at a time: what zoo::warp and zoo::sample share.
// Coordinates and conventions are those of grid_sampler_2d with align_corners = false; Jaderberg et al., "Spatial
// Transformer Networks", arXiv:1506.02025, section 3.3.
#pragma once

#include "scratch.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Everything here is inlined into functions that are compiled for each set of instructions. None fuses multiplications and additions,
// so all give the same bits.
#define CTORCH_INLINE [[gnu::always_inline]] inline

// A loop by whole vectors of this length, then one by one: more at once would leave short loops to the latter.
#define CTORCH_VECTORS _Pragma("clang loop vectorize_width(8) interleave_count(1)")
// The same for loops over the pixels of a strip, which are a multiple of this.
#define CTORCH_PIXELS _Pragma("clang loop vectorize_width(16) interleave_count(1)")

namespace ctorch::warp {

// The sizes of one call: images height × width, outputs out_height × out_width.
struct Frame {
  int64_t channels, height, width, out_height, out_width;
  bool border;      // outside the image: its border, or zeros
  bool projective;  // θ is 3×3, or 2×3; zoo::warp's
  bool interleaved; // pixels are H×W×C (channels_last) on both sides, or C×H×W

  int64_t image() const { return channels * height * width; }
  int64_t output() const { return channels * out_height * out_width; }
  // The distance from a pixel to the next, and from a channel to the next, in numbers.
  int64_t pixel() const { return interleaved ? channels : 1; }
  int64_t plane() const { return interleaved ? 1 : height * width; }
  int64_t out_plane() const { return interleaved ? 1 : out_height * out_width; }
};

// Up to 64 neighbouring pixels of one output row: for each, the four input pixels around its place, and their weights.
// Pixels outside the image have weight 0 and the index of some pixel inside.
template <class T> struct Strip {
  static constexpr int lanes = 64, step = 16;
  int count, padded;                            // padded: a multiple of `step`; what is past `count` is valid but unused
  T u[lanes], v[lanes];                         // the place, in input pixels
  T fx[lanes], fy[lanes];                       // its fractions
  T x0[lanes], x1[lanes], y0[lanes], y1[lanes]; // 1 where that column or row is inside the image, otherwise 0
  T free_u[lanes], free_v[lanes];               // 1 where the pixels move with the place, 0 where it was clipped to the border
  T scale[lanes];                               // 1 / third homogeneous coordinate
  int32_t i00[lanes], i01[lanes], i10[lanes], i11[lanes];
  T w00[lanes], w01[lanes], w10[lanes], w11[lanes]; // wYX

  void resize(int pixels) {
    count = pixels;
    padded = (count + step - 1) / step * step;
  }
};

// A comparison with NaN is false, so NaN goes to `low`, as outside as infinity does; what comes out fits an int.
template <class T> CTORCH_INLINE T clamp(T x, T low, T high) {
  x = x > low ? x : low;
  return x < high ? x : high;
}

// From the places to the pixels around them.
template <class T> CTORCH_INLINE void surround(Strip<T> &s, const Frame &f) {
  const int W = int(f.width), H = int(f.height);
  const T right = T(W - 1), bottom = T(H - 1);
  if (f.border) {
    for (int i = 0; i < s.padded; i++) {
      s.free_u[i] = s.u[i] > 0 && s.u[i] < right ? T(1) : T(0);
      s.free_v[i] = s.v[i] > 0 && s.v[i] < bottom ? T(1) : T(0);
      s.u[i] = clamp(s.u[i], T(0), right);
      s.v[i] = clamp(s.v[i], T(0), bottom);
    }
  } else {
    for (int i = 0; i < s.padded; i++) { // two pixels out, nothing of the image is in reach
      s.u[i] = clamp(s.u[i], T(-2), T(W + 1));
      s.v[i] = clamp(s.v[i], T(-2), T(H + 1));
    }
  }
  for (int i = 0; i < s.padded; i++) {
    int X = int(s.u[i]), Y = int(s.v[i]);
    X -= T(X) > s.u[i]; // towards zero, to floor
    Y -= T(Y) > s.v[i];
    T fx = s.u[i] - T(X), fy = s.v[i] - T(Y);
    T x0 = X >= 0 && X < W ? T(1) : T(0), x1 = X >= -1 && X < W - 1 ? T(1) : T(0);
    T y0 = Y >= 0 && Y < H ? T(1) : T(0), y1 = Y >= -1 && Y < H - 1 ? T(1) : T(0);
    s.fx[i] = fx;
    s.fy[i] = fy;
    s.x0[i] = x0;
    s.x1[i] = x1;
    s.y0[i] = y0;
    s.y1[i] = y1;
    int X0 = std::min(std::max(X, 0), W - 1), X1 = std::min(std::max(X + 1, 0), W - 1);
    int Y0 = std::min(std::max(Y, 0), H - 1) * W, Y1 = std::min(std::max(Y + 1, 0), H - 1) * W;
    s.i00[i] = Y0 + X0;
    s.i01[i] = Y0 + X1;
    s.i10[i] = Y1 + X0;
    s.i11[i] = Y1 + X1;
    T wx0 = (T(1) - fx) * x0, wx1 = fx * x1, wy0 = (T(1) - fy) * y0, wy1 = fy * y1;
    s.w00[i] = wx0 * wy0;
    s.w01[i] = wx1 * wy0;
    s.w10[i] = wx0 * wy1;
    s.w11[i] = wx1 * wy1;
  }
}

// A pixel of weight zero counts for nothing, be it infinite or not a number.
template <class T> CTORCH_INLINE T weighted(T weight, T pixel) { return weight != 0 ? weight * pixel : T(0); }

// A strip of an image from its first pixel on, channel by channel; out = pixel·gain + offset. P: the type of the image's pixels.
template <class T, class P> CTORCH_INLINE void sample_planes(const Strip<T> &s, const P *in, T *out, const Frame &f, T gain, T offset) {
  const int64_t pixel = f.pixel();
  for (int64_t c = 0; c < f.channels; c++, in += f.plane(), out += f.out_plane())
    for (int i = 0; i < s.count; i++) {
      const T sum = (weighted(s.w00[i], T(in[s.i00[i] * pixel])) + weighted(s.w01[i], T(in[s.i01[i] * pixel]))) +
                    (weighted(s.w10[i], T(in[s.i10[i] * pixel])) + weighted(s.w11[i], T(in[s.i11[i] * pixel])));
      out[i * pixel] = sum * gain + offset;
    }
}

// From this many channels on, an interleaved image is taken pixel by pixel.
constexpr int64_t many_channels = 8;

// The four pixels of a place, each `channels` adjacent numbers, summed up.
template <class T>
CTORCH_INLINE void blend(const T *a, const T *b, const T *c, const T *d, T wa, T wb, T wc, T wd, T *__restrict to, int64_t channels) {
  CTORCH_VECTORS for (int64_t k = 0; k < channels; k++) to[k] = (wa * a[k] + wb * b[k]) + (wc * c[k] + wd * d[k]);
}

// A strip of H×W×C to h×w×C: the weights of a place serve all its channels, which are adjacent.
template <class T> CTORCH_INLINE void sample_pixels(const Strip<T> &s, const T *in, T *out, const Frame &f) {
  const int64_t C = f.channels;
  for (int i = 0; i < s.count; i++, out += C) {
    const T *a = in + s.i00[i] * C, *b = in + s.i01[i] * C, *c = in + s.i10[i] * C, *d = in + s.i11[i] * C;
    const T wa = s.w00[i], wb = s.w01[i], wc = s.w10[i], wd = s.w11[i];
    if (wa != 0 && wb != 0 && wc != 0 && wd != 0) {
      blend(a, b, c, d, wa, wb, wc, wd, out, C);
      continue;
    }
    std::fill_n(out, C, T(0));
    auto add = [&](const T *from, T weight) __attribute__((always_inline)) {
      if (weight == 0) return;
      for (int64_t k = 0; k < C; k++) out[k] += weight * from[k];
    };
    add(a, wa);
    add(b, wb);
    add(c, wc);
    add(d, wd);
  }
}

// The gradient of a strip's pixels to the image, added to `grad_in`, and to the places, in pixels, written to du and dv.
// Each may be NULL: not wanted.
template <class T>
CTORCH_INLINE void planes_gradient(const Strip<T> &s, const T *in, const T *g, T *grad_in, T *du, T *dv, const Frame &f) {
  const int64_t pixel = f.pixel();
  if (du) {
    std::fill_n(du, s.padded, T(0));
    std::fill_n(dv, s.padded, T(0));
  }
  for (int64_t c = 0; c < f.channels; c++, g += f.out_plane()) {
    if (grad_in) {
      T *to = grad_in + c * f.plane();
      for (int i = 0; i < s.count; i++) {
        const T value = g[i * pixel];
        to[s.i00[i] * pixel] += weighted(s.w00[i], value);
        to[s.i01[i] * pixel] += weighted(s.w01[i], value);
        to[s.i10[i] * pixel] += weighted(s.w10[i], value);
        to[s.i11[i] * pixel] += weighted(s.w11[i], value);
      }
    }
    if (!du) continue;
    const T *from = in + c * f.plane();
    for (int i = 0; i < s.count; i++) {
      // Pixels outside are zeros. Their indices lead inside, so `weighted` drops what is found there.
      const T p00 = weighted(s.x0[i] * s.y0[i], from[s.i00[i] * pixel]), p01 = weighted(s.x1[i] * s.y0[i], from[s.i01[i] * pixel]);
      const T p10 = weighted(s.x0[i] * s.y1[i], from[s.i10[i] * pixel]), p11 = weighted(s.x1[i] * s.y1[i], from[s.i11[i] * pixel]);
      du[i] += g[i * pixel] * ((T(1) - s.fy[i]) * (p01 - p00) + s.fy[i] * (p11 - p10));
      dv[i] += g[i * pixel] * ((T(1) - s.fx[i]) * (p10 - p00) + s.fx[i] * (p11 - p01));
    }
  }
}

// The products of g with the four pixels of a place, summed over the channels in eight sums side by side.
template <class T>
CTORCH_INLINE void products(const T *g, const T *a, const T *b, const T *c, const T *d, int64_t channels, T *__restrict sums) {
  constexpr int64_t lanes = 8;
  using Vector = T __attribute__((ext_vector_type(lanes)));
  const T *from[4] = {a, b, c, d};
  Vector sum[4] = {0, 0, 0, 0};
  T rest[4] = {};
  int64_t k = 0;
  for (; k + lanes <= channels; k += lanes) {
    Vector value, pixel;
    std::memcpy(&value, g + k, sizeof value);
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
      std::memcpy(&pixel, from[i] + k, sizeof pixel);
      sum[i] += value * pixel;
    }
  }
  for (; k < channels; k++) {
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) rest[i] += g[k] * from[i][k];
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
    const Vector s = sum[i];
    sums[i] = (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))) + rest[i];
  }
}

// Adds the gradient of one place to its four pixels, which are four different ones.
template <class T>
CTORCH_INLINE void spread(const T *__restrict g, T *__restrict a, T *__restrict b, T *__restrict c, T *__restrict d, T wa, T wb, T wc, T wd,
                          int64_t channels) {
  CTORCH_VECTORS for (int64_t k = 0; k < channels; k++) {
    a[k] += wa * g[k];
    b[k] += wb * g[k];
    c[k] += wc * g[k];
    d[k] += wd * g[k];
  }
}

// The same of H×W×C.
template <class T>
CTORCH_INLINE void pixels_gradient(const Strip<T> &s, const T *in, const T *g, T *grad_in, T *du, T *dv, const Frame &f) {
  const int64_t C = f.channels;
  if (du) { // what is past the last pixel is read, and counts for nothing
    std::fill_n(du, s.padded, T(0));
    std::fill_n(dv, s.padded, T(0));
  }
  for (int i = 0; i < s.count; i++, g += C) {
    const int64_t a = s.i00[i] * C, b = s.i01[i] * C, c = s.i10[i] * C, d = s.i11[i] * C;
    if (du) {
      T p[4];
      products(g, in + a, in + b, in + c, in + d, C, p);
      // Pixels outside are zeros. Their indices lead inside, so what was found there is dropped.
      const T p00 = s.x0[i] * s.y0[i] != 0 ? p[0] : T(0), p01 = s.x1[i] * s.y0[i] != 0 ? p[1] : T(0);
      const T p10 = s.x0[i] * s.y1[i] != 0 ? p[2] : T(0), p11 = s.x1[i] * s.y1[i] != 0 ? p[3] : T(0);
      du[i] = (T(1) - s.fy[i]) * (p01 - p00) + s.fy[i] * (p11 - p10);
      dv[i] = (T(1) - s.fx[i]) * (p10 - p00) + s.fx[i] * (p11 - p01);
    }
    if (!grad_in) continue;
    const T wa = s.w00[i], wb = s.w01[i], wc = s.w10[i], wd = s.w11[i];
    if (wa != 0 && wb != 0 && wc != 0 && wd != 0) {
      spread(g, grad_in + a, grad_in + b, grad_in + c, grad_in + d, wa, wb, wc, wd, C);
      continue;
    }
    auto add = [&](int64_t pixel, T weight) __attribute__((always_inline)) {
      if (weight == 0) return;
      T *to = grad_in + pixel;
      for (int64_t k = 0; k < C; k++) to[k] += weight * g[k];
    };
    add(a, wa);
    add(b, wb);
    add(c, wc);
    add(d, wd);
  }
}

// Calls visit(strip, y, x) for the strips of one output, from its first pixel on. `places` fills u and v, and scale if it wants it.
template <class T, class Places, class Visit> CTORCH_INLINE void for_each_strip(const Places &places, const Frame &f, const Visit &visit) {
  Strip<T> s;
  for (int64_t y = 0; y < f.out_height; y++)
    for (int64_t x = 0; x < f.out_width; x += Strip<T>::lanes) {
      s.resize(int(std::min<int64_t>(Strip<T>::lanes, f.out_width - x)));
      places(s, y, x);
      visit(s, y, x);
    }
}

// Few channels are taken plane by plane, each copied into a frame of zeros one pixel wide: then every place has its four pixels, those
// of a row beside each other, one load for both, and no weight needs a mask. With the border as padding what is outside carries no weight.
inline int64_t frame_width(const Frame &f) { return f.width + 2; }
inline int64_t framed(const Frame &f) { return (f.height + 2) * frame_width(f); }

// Whether images are small enough for their frames to stay in a cache, and enough of them is read to be worth their making.
inline bool worth_frames(const Frame &f) {
  const bool by_planes = !f.interleaved || f.channels < many_channels;
  return by_planes && f.channels * framed(f) <= 1 << 16 && framed(f) <= 4 * f.out_height * f.out_width;
}

// A row of numbers that lie `pixel` apart, and back.
template <class T> CTORCH_INLINE void gather_row(const T *from, T *__restrict to, int64_t count, int64_t pixel) {
  if (pixel == 1)
    CTORCH_VECTORS for (int64_t i = 0; i < count; i++) to[i] = from[i];
  else
    for (int64_t i = 0; i < count; i++) to[i] = from[i * pixel];
}

template <class T> CTORCH_INLINE void scatter_row(const T *from, T *__restrict to, int64_t count, int64_t pixel) {
  if (pixel == 1)
    CTORCH_VECTORS for (int64_t i = 0; i < count; i++) to[i] = from[i];
  else
    for (int64_t i = 0; i < count; i++) to[i * pixel] = from[i];
}

// A thread's memory for the frames of an image, in numbers.
template <class T> T *frames(int64_t numbers) { return reinterpret_cast<T *>(scratch(numbers * int64_t(sizeof(T) / sizeof(float)))); }

template <class T> CTORCH_INLINE void frame(const T *in, T *to, const Frame &f) {
  const int64_t W = f.width, pixel = f.pixel();
  for (int64_t c = 0; c < f.channels; c++, in += f.plane()) {
    to = std::fill_n(to, W + 2, T(0));
    for (int64_t y = 0; y < f.height; y++, to += W + 2) {
      to[0] = to[W + 1] = 0;
      gather_row(in + y * W * pixel, to + 1, W, pixel);
    }
    to = std::fill_n(to, W + 2, T(0));
  }
}

// What is left of a strip once its places are known to lie in a frame.
template <class T> struct FramedStrip {
  static constexpr int lanes = Strip<T>::lanes;
  int32_t at[lanes]; // of the upper left pixel
  T fx[lanes], fy[lanes], free_u[lanes], free_v[lanes];
  T above[2 * lanes], beneath[2 * lanes]; // pairs of neighbours
};

template <class T> CTORCH_INLINE void find(const Strip<T> &s, FramedStrip<T> &found, const Frame &f) {
  const T low = f.border ? T(1) : T(0), right = f.border ? T(f.width) : T(f.width + 1), bottom = f.border ? T(f.height) : T(f.height + 1);
  const auto pitch = int32_t(frame_width(f)), last_column = int32_t(f.width), last_row = int32_t(f.height);
  CTORCH_PIXELS for (int i = 0; i < s.padded; i++) { // from the corner of the frame on, so nothing is negative
    const T u = clamp(s.u[i] + 1, low, right), v = clamp(s.v[i] + 1, low, bottom);
    const int32_t column = std::min(int32_t(u), last_column), row = std::min(int32_t(v), last_row);
    found.fx[i] = u - T(column);
    found.fy[i] = v - T(row);
    found.at[i] = row * pitch + column;
    // Beyond the image nothing changes with the place: with zeros beside it one pixel further, and then in both directions.
    const T in_u = u > low && u < right ? T(1) : T(0), in_v = v > low && v < bottom ? T(1) : T(0);
    found.free_u[i] = f.border ? in_u : in_u * in_v;
    found.free_v[i] = f.border ? in_v : in_u * in_v;
  }
}

template <class T> CTORCH_INLINE void load_pairs(const T *frame, const Strip<T> &s, FramedStrip<T> &found, const Frame &f) {
  for (int i = 0; i < s.padded; i++) {
    std::memcpy(found.above + 2 * i, frame + found.at[i], 2 * sizeof(T));
    std::memcpy(found.beneath + 2 * i, frame + found.at[i] + frame_width(f), 2 * sizeof(T));
  }
}

template <class T, class Places> CTORCH_INLINE void sample_framed(const T *in, const Places &places, T *out, const Frame &f) {
  T *const planes = frames<T>(f.channels * framed(f));
  frame(in, planes, f);
  FramedStrip<T> found;
  T value[Strip<T>::lanes];
  const int64_t pixel = f.pixel();
  for_each_strip<T>(
      places, f, [&](const Strip<T> &s, int64_t y, int64_t x) __attribute__((always_inline)) {
        find(s, found, f);
        // Whole vectors: what they write past the row comes again with the next, or goes aside at the image's end.
        const int64_t first = y * f.out_width + x;
        const bool fits = pixel == 1 && first + s.padded <= f.out_height * f.out_width;
        for (int64_t c = 0; c < f.channels; c++) {
          load_pairs(planes + c * framed(f), s, found, f);
          T *const to = out + c * f.out_plane() + first * pixel, *const sums = fits ? to : value;
          CTORCH_PIXELS for (int i = 0; i < s.padded; i++) {
            const T fx = found.fx[i], fy = found.fy[i], gx = T(1) - fx, gy = T(1) - fy;
            sums[i] = (weighted(gx * gy, found.above[2 * i]) + weighted(fx * gy, found.above[2 * i + 1])) +
                      (weighted(gx * fy, found.beneath[2 * i]) + weighted(fx * fy, found.beneath[2 * i + 1]));
          }
          if (!fits) scatter_row(value, to, s.count, pixel);
        }
      });
}

// Adds a pair of neighbours.
template <class T> CTORCH_INLINE void add_pair(const T *pair, T *to) {
  using Pair = T __attribute__((ext_vector_type(2)));
  Pair value, sum;
  std::memcpy(&value, pair, sizeof value);
  std::memcpy(&sum, to, sizeof sum);
  sum += value;
  std::memcpy(to, &sum, sizeof sum);
}

// What sample_gradient below does, by frames.
template <class T, class Places, class Take>
CTORCH_INLINE void framed_gradient(const T *in, const Places &places, const T *grad_out, T *grad_in, bool grad_places, const Frame &f,
                                   const Take &take) {
  const int64_t all = f.channels * framed(f), pitch = frame_width(f), pixel = f.pixel();
  // Neighbours add to the same pixels, so every other one has sums of its own: none waits for the one before it.
  T *const planes = frames<T>(3 * all), *const even = planes + all, *const odd = even + all;
  if (grad_places) frame(in, planes, f);
  if (grad_in) std::fill_n(even, 2 * all, T(0));
  FramedStrip<T> found;
  T du[Strip<T>::lanes], dv[Strip<T>::lanes], g[Strip<T>::lanes];
  for_each_strip<T>(
      places, f, [&](const Strip<T> &s, int64_t y, int64_t x) __attribute__((always_inline)) {
        find(s, found, f);
        std::fill_n(du, s.padded, T(0));
        std::fill_n(dv, s.padded, T(0));
        for (int64_t c = 0; c < f.channels; c++) {
          gather_row(grad_out + c * f.out_plane() + (y * f.out_width + x) * pixel, g, s.count, pixel);
          for (int i = s.count; i < s.padded; i++) g[i] = 0;
          if (grad_places) {
            load_pairs(planes + c * framed(f), s, found, f);
            CTORCH_PIXELS for (int i = 0; i < s.padded; i++) {
              const T a = found.above[2 * i], b = found.above[2 * i + 1], d = found.beneath[2 * i], e = found.beneath[2 * i + 1];
              du[i] += g[i] * ((T(1) - found.fy[i]) * (b - a) + found.fy[i] * (e - d));
              dv[i] += g[i] * ((T(1) - found.fx[i]) * (d - a) + found.fx[i] * (e - b));
            }
          }
          if (!grad_in) continue;
          CTORCH_PIXELS for (int i = 0; i < s.padded; i++) {
            const T fx = found.fx[i], fy = found.fy[i], gx = T(1) - fx, gy = T(1) - fy;
            found.above[2 * i] = weighted(gx * gy, g[i]);
            found.above[2 * i + 1] = weighted(fx * gy, g[i]);
            found.beneath[2 * i] = weighted(gx * fy, g[i]);
            found.beneath[2 * i + 1] = weighted(fx * fy, g[i]);
          }
          for (int i = 0; i < s.count; i++) {
            T *to = (i % 2 ? odd : even) + c * framed(f) + found.at[i];
            add_pair(found.above + 2 * i, to);
            add_pair(found.beneath + 2 * i, to + pitch);
          }
        }
        if (!grad_places) return;
        CTORCH_PIXELS for (int i = 0; i < s.padded; i++) {
          du[i] = weighted(found.free_u[i], du[i]);
          dv[i] = weighted(found.free_v[i], dv[i]);
        }
        take(s, du, dv, y, x);
      });
  if (!grad_in) return;
  for (int64_t c = 0; c < f.channels; c++)
    for (int64_t y = 0; y < f.height; y++) {
      const int64_t row = c * framed(f) + (y + 1) * pitch + 1;
      CTORCH_VECTORS for (int64_t x = 0; x < f.width; x++) even[row + x] += odd[row + x];
      scatter_row(even + row, grad_in + c * f.plane() + y * f.width * pixel, f.width, pixel);
    }
}

// One image at the places; `gain` and `offset` are for planes only.
template <class T, class P, class Places>
CTORCH_INLINE void sample(const P *in, const Places &places, T *out, const Frame &f, T gain, T offset) {
  if constexpr (std::is_same_v<T, P>)
    if (worth_frames(f)) return sample_framed(in, places, out, f);
  for_each_strip<T>(
      places, f, [&](Strip<T> & s, int64_t y, int64_t x) __attribute__((always_inline)) {
        surround(s, f);
        const int64_t pixel = y * f.out_width + x;
        if constexpr (std::is_same_v<T, P>)
          if (f.interleaved && f.channels >= many_channels) return sample_pixels(s, in, out + pixel * f.channels, f);
        sample_planes(s, in, out + pixel * f.pixel(), f, gain, offset);
      });
}

// Bytes are taken four at once: a "quad" is the pixel (y, x), its right neighbour, and the two beneath, one byte each. Quads
// begin one pixel outside the image, where pixels are zero, so that every place within one pixel of it has one and no weight
// needs a mask: with zeros as padding what is outside counts as zero, and with the border nothing outside carries weight.
inline int64_t quads(const Frame &f) { return framed(f); }

// Whether an image is small enough for its quads to stay in a cache, and enough of them are read to be worth their making.
inline bool worth_quads(const Frame &f) { return quads(f) <= 1 << 16 && quads(f) <= 4 * f.out_height * f.out_width; }

// In words of 32 bits: quads, and a row of zeros.
inline int64_t quad_room(const Frame &f) { return quads(f) + f.width / 4 + 1; }

CTORCH_INLINE void make_quads(const uint8_t *in, uint32_t *__restrict to, const Frame &f) {
  const int64_t W = f.width;
  auto *zeros = reinterpret_cast<uint8_t *>(to + quads(f));
  std::memset(zeros, 0, size_t(W));
  for (int64_t y = 0; y <= f.height; y++, to += W + 2) {
    const uint8_t *a = y > 0 ? in + (y - 1) * W : zeros, *b = y < f.height ? in + y * W : zeros;
    to[0] = uint32_t(a[0]) << 8 | uint32_t(b[0]) << 24;
    CTORCH_VECTORS for (int64_t x = 0; x < W - 1; x++) to[x + 1] =
        uint32_t(a[x]) | uint32_t(a[x + 1]) << 8 | uint32_t(b[x]) << 16 | uint32_t(b[x + 1]) << 24;
    to[W] = uint32_t(a[W - 1]) | uint32_t(b[W - 1]) << 16;
    to[W + 1] = 0;
  }
  std::memset(to, 0, size_t(W + 2) * sizeof *to);
}

// One image of bytes at the places, as `sample` does it; `room` has quad_room words.
template <class T, class Places>
CTORCH_INLINE void sample_bytes(const uint8_t *in, const Places &places, T *out, const Frame &f, T gain, T offset, uint32_t *room) {
  const T low = f.border ? T(1) : T(0), right = f.border ? T(f.width) : T(f.width + 1), bottom = f.border ? T(f.height) : T(f.height + 1);
  const T pitch = T(f.width + 2);
  uint32_t quad[Strip<T>::lanes];
  T value[Strip<T>::lanes];
  for (int64_t c = 0; c < f.channels; c++, in += f.plane(), out += f.out_plane()) {
    make_quads(in, room, f);
    for_each_strip<T>(
        places, f, [&](Strip<T> & s, int64_t y, int64_t x) __attribute__((always_inline)) {
          CTORCH_PIXELS for (int i = 0; i < s.padded; i++) { // from the corner of the quads on, so nothing is negative
            const T u = clamp(s.u[i] + 1, low, right), v = clamp(s.v[i] + 1, low, bottom);
            const T column = T(int(u)), row = T(int(v));
            s.fx[i] = u - column;
            s.fy[i] = v - row;
            s.i00[i] = int32_t(row * pitch + column);
          }
          CTORCH_PIXELS for (int i = 0; i < s.padded; i++) quad[i] = room[s.i00[i]];
          // Whole vectors, as above.
          const int64_t pixel = y * f.out_width + x;
          const bool fits = pixel + s.padded <= f.out_height * f.out_width;
          T *to = fits ? out + pixel : value;
          CTORCH_PIXELS for (int i = 0; i < s.padded; i++) {
            const T a = T(int(quad[i] & 255)), b = T(int(quad[i] >> 8 & 255)), c = T(int(quad[i] >> 16 & 255)), d = T(int(quad[i] >> 24));
            const T above = a + s.fx[i] * (b - a), beneath = c + s.fx[i] * (d - c);
            to[i] = (above + s.fy[i] * (beneath - above)) * gain + offset;
          }
          if (!fits) std::copy_n(value, s.count, out + pixel);
        });
  }
}

// Gradients of one image, `grad_in` as it is laid out, and of its places through take(strip, du, dv, y, x), which is not called
// where `grad_places` is false. `in` is not read then.
template <class T, class Places, class Take>
CTORCH_INLINE void sample_gradient(const T *in, const Places &places, const T *grad_out, T *grad_in, bool grad_places, const Frame &f,
                                   const Take &take) {
  if (worth_frames(f)) return framed_gradient(in, places, grad_out, grad_in, grad_places, f, take);
  if (grad_in) std::fill_n(grad_in, f.image(), T(0));
  for_each_strip<T>(
      places, f, [&](Strip<T> & s, int64_t y, int64_t x) __attribute__((always_inline)) {
        surround(s, f);
        T du[Strip<T>::lanes], dv[Strip<T>::lanes];
        const int64_t pixel = y * f.out_width + x;
        T *to_u = grad_places ? du : nullptr, *to_v = grad_places ? dv : nullptr;
        if (f.interleaved && f.channels >= many_channels)
          pixels_gradient(s, in, grad_out + pixel * f.channels, grad_in, to_u, to_v, f);
        else
          planes_gradient(s, in, grad_out + pixel * f.pixel(), grad_in, to_u, to_v, f);
        if (!grad_places) return;
        if (f.border)
          for (int i = 0; i < s.padded; i++) {
            du[i] *= s.free_u[i];
            dv[i] *= s.free_v[i];
          }
        take(s, du, dv, y, x);
      });
}

} // namespace ctorch::warp
