// Bilinear resampling through an affine map or a homography, one strip of output pixels at a time and without a grid
// in memory. Coordinates and conventions are those of affine_grid and grid_sampler_2d with align_corners = false; Jaderberg
// et al., "Spatial Transformer Networks", arXiv:1506.02025, section 3.3.
#pragma once

#include <algorithm>
#include <cstdint>

// Everything here is inlined into functions that are compiled twice, for any x86-64 and for AVX2. Neither has fused
// multiply-add, so both give the same bits.
#define CTORCH_INLINE [[gnu::always_inline]] inline

namespace ctorch::warp {

// Of one call: images height × width, outputs out_height × out_width.
struct Frame {
  int64_t channels, height, width, out_height, out_width;
  bool border;     // outside the image: its border, or zeros
  bool projective; // θ is 3×3, or 2×3
};

// θ in pixels: output pixel (x, y, 1) to input pixel (u, v, 1), in homogeneous coordinates.
struct PixelMap {
  double m[9];
};

// Normalised to pixel coordinates is u = (X·W + W - 1)/2, and back X = (2x + 1 - w)/w. In double precision and with each
// product before its quotient, so that the identity comes out as exactly the identity.
template <class T> CTORCH_INLINE PixelMap pixel_map(const T *theta, const Frame &f) {
  double t[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
  std::copy_n(theta, f.projective ? 9 : 6, t);
  double W = double(f.width), H = double(f.height), w = double(f.out_width), h = double(f.out_height);
  PixelMap p;
  auto row = [&](int r, double scale, double *out) {
    const double *a = t + 3 * r;
    out[0] = scale * (2 * a[0]) / w;
    out[1] = scale * (2 * a[1]) / h;
    out[2] = scale * (a[0] * (1 - w)) / w + scale * (a[1] * (1 - h)) / h + scale * a[2];
  };
  row(0, W, p.m);
  row(1, H, p.m + 3);
  row(2, 1, p.m + 6);
  for (int i = 0; i < 3; i++) {
    p.m[i] = (p.m[i] + (W - 1) * p.m[6 + i]) / 2;
    p.m[3 + i] = (p.m[3 + i] + (H - 1) * p.m[6 + i]) / 2;
  }
  return p;
}

// The transpose of `pixel_map`: the gradient of the pixel map to that of θ.
template <class T> CTORCH_INLINE void theta_gradient(const double *g, const Frame &f, T *theta) {
  double W = double(f.width), H = double(f.height), w = double(f.out_width), h = double(f.out_height);
  auto row = [&](const double *a, double scale, T *out) {
    out[0] = T(scale * (2 * a[0] + (1 - w) * a[2]) / w);
    out[1] = T(scale * (2 * a[1] + (1 - h) * a[2]) / h);
    out[2] = T(scale * a[2]);
  };
  row(g, W / 2, theta);
  row(g + 3, H / 2, theta + 3);
  if (!f.projective) return;
  double last[3];
  for (int i = 0; i < 3; i++) last[i] = (W - 1) / 2 * g[i] + (H - 1) / 2 * g[3 + i] + g[6 + i];
  row(last, 1, theta + 6);
}

// Up to 64 neighbouring pixels of one output row: for each, the four input pixels around its place, and their weights.
// Pixels outside the image have weight 0 and the index of some pixel inside.
template <class T> struct Strip {
  static constexpr int lanes = 64, step = 8;
  int count, padded;                            // padded: a multiple of `step`; what is past `count` is valid but unused
  T u[lanes], v[lanes];                         // the place, in input pixels
  T fx[lanes], fy[lanes];                       // its fractions
  T x0[lanes], x1[lanes], y0[lanes], y1[lanes]; // 1 where that column or row is inside the image, otherwise 0
  T free_u[lanes], free_v[lanes];               // 1 where the place moves with θ, 0 where it was clipped to the border
  T scale[lanes];                               // 1 / third homogeneous coordinate
  int32_t i00[lanes], i01[lanes], i10[lanes], i11[lanes];
  T w00[lanes], w01[lanes], w10[lanes], w11[lanes]; // wYX
};

// A comparison with NaN is false, so NaN goes to `low`, as outside as infinity does; what comes out fits an int.
template <class T> CTORCH_INLINE T clamp(T x, T low, T high) {
  x = x > low ? x : low;
  return x < high ? x : high;
}

template <class T> CTORCH_INLINE void locate(Strip<T> &s, const PixelMap &map, const Frame &f, int64_t y, int64_t x, int count) {
  s.count = count;
  s.padded = (count + Strip<T>::step - 1) / Strip<T>::step * Strip<T>::step;
  const double *m = map.m;
  const T a = T(m[0]), b = T(m[3]), c = T(m[6]);
  const T u0 = T(m[0] * double(x) + m[1] * double(y) + m[2]), v0 = T(m[3] * double(x) + m[4] * double(y) + m[5]);
  const T q0 = T(m[6] * double(x) + m[7] * double(y) + m[8]);
  const int W = int(f.width), H = int(f.height);
  const T right = T(W - 1), bottom = T(H - 1);
  for (int i = 0; i < s.padded; i++) {
    s.u[i] = a * T(i) + u0;
    s.v[i] = b * T(i) + v0;
  }
  if (f.projective)
    for (int i = 0; i < s.padded; i++) {
      T q = c * T(i) + q0;
      s.scale[i] = T(1) / q;
      s.u[i] = s.u[i] / q;
      s.v[i] = s.v[i] / q;
    }
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

// The strip's pixels of one channel whose plane is `in`. P: the type of its pixels.
template <class T, class P> CTORCH_INLINE T sample(const Strip<T> &s, const P *in, int i) {
  return (weighted(s.w00[i], T(in[s.i00[i]])) + weighted(s.w01[i], T(in[s.i01[i]]))) +
         (weighted(s.w10[i], T(in[s.i10[i]])) + weighted(s.w11[i], T(in[s.i11[i]])));
}

template <class T, class Visit> CTORCH_INLINE void for_each_strip(const T *theta, const Frame &f, Visit &&visit) {
  const PixelMap map = pixel_map(theta, f);
  Strip<T> s;
  for (int64_t y = 0; y < f.out_height; y++)
    for (int64_t x = 0; x < f.out_width; x += Strip<T>::lanes) {
      locate(s, map, f, y, x, int(std::min<int64_t>(Strip<T>::lanes, f.out_width - x)));
      visit(s, y, x);
    }
}

// One image C×H×W to C×h×w, both contiguous; out = pixel·gain + offset.
template <class T, class P> CTORCH_INLINE void forward(const P *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
  const int64_t plane = f.height * f.width, out_plane = f.out_height * f.out_width;
  for_each_strip(
      theta, f, [&](const Strip<T> &s, int64_t y, int64_t x) __attribute__((always_inline)) {
        for (int64_t c = 0; c < f.channels; c++) {
          const P *from = in + c * plane;
          T *to = out + c * out_plane + y * f.out_width + x;
          for (int i = 0; i < s.count; i++) to[i] = sample(s, from, i) * gain + offset;
        }
      });
}

// The same with pixels H×W×C, as in channels_last tensors.
template <class T> CTORCH_INLINE void forward_interleaved(const T *in, const T *theta, T *out, const Frame &f) {
  const int64_t C = f.channels;
  for_each_strip(
      theta, f, [&](const Strip<T> &s, int64_t y, int64_t x) __attribute__((always_inline)) {
        for (int i = 0; i < s.count; i++) {
          T *to = out + (y * f.out_width + x + i) * C;
          std::fill_n(to, C, T(0));
          auto add = [&](T weight, int64_t index) __attribute__((always_inline)) {
            if (weight == 0) return;
            const T *from = in + index * C;
            for (int64_t c = 0; c < C; c++) to[c] += weight * from[c];
          };
          add(s.w00[i], s.i00[i]);
          add(s.w01[i], s.i01[i]);
          add(s.w10[i], s.i10[i]);
          add(s.w11[i], s.i11[i]);
        }
      });
}

// Gradients of one image. `grad_in` (C×H×W) and `grad_theta` may each be NULL: not wanted. Sums over an image are in
// double precision and in one order, whatever the number of threads.
template <class T> CTORCH_INLINE void backward(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
  constexpr int lanes = Strip<T>::lanes, step = Strip<T>::step;
  const int64_t plane = f.height * f.width, out_plane = f.out_height * f.out_width;
  if (grad_in) std::fill_n(grad_in, f.channels * plane, T(0));
  double total[9] = {};
  for_each_strip(
      theta, f, [&](const Strip<T> &s, int64_t y, int64_t x) __attribute__((always_inline)) {
        T du[lanes], dv[lanes];
        std::fill_n(du, s.padded, T(0));
        std::fill_n(dv, s.padded, T(0));
        for (int64_t c = 0; c < f.channels; c++) {
          const T *g = grad_out + c * out_plane + y * f.out_width + x;
          if (grad_in) {
            T *to = grad_in + c * plane;
            for (int i = 0; i < s.count; i++) {
              to[s.i00[i]] += weighted(s.w00[i], g[i]);
              to[s.i01[i]] += weighted(s.w01[i], g[i]);
              to[s.i10[i]] += weighted(s.w10[i], g[i]);
              to[s.i11[i]] += weighted(s.w11[i], g[i]);
            }
          }
          if (!grad_theta) continue;
          const T *from = in + c * plane;
          for (int i = 0; i < s.count; i++) {
            // Pixels outside are zeros. Their indices lead inside, so `weighted` drops what is found there.
            T p00 = weighted(s.x0[i] * s.y0[i], from[s.i00[i]]), p01 = weighted(s.x1[i] * s.y0[i], from[s.i01[i]]);
            T p10 = weighted(s.x0[i] * s.y1[i], from[s.i10[i]]), p11 = weighted(s.x1[i] * s.y1[i], from[s.i11[i]]);
            du[i] += g[i] * ((T(1) - s.fy[i]) * (p01 - p00) + s.fy[i] * (p11 - p10));
            dv[i] += g[i] * ((T(1) - s.fx[i]) * (p10 - p00) + s.fx[i] * (p11 - p01));
          }
        }
        if (!grad_theta) return;
        if (f.border)
          for (int i = 0; i < s.padded; i++) {
            du[i] *= s.free_u[i];
            dv[i] *= s.free_v[i];
          }
        T dq[lanes];
        if (f.projective)
          for (int i = 0; i < s.count; i++) { // places without a gradient may be infinite
            du[i] = weighted(du[i], s.scale[i]);
            dv[i] = weighted(dv[i], s.scale[i]);
            dq[i] = -(weighted(du[i], s.u[i]) + weighted(dv[i], s.v[i]));
          }
        // Sums of d and d·x, for each row of the map; as many accumulators as lanes keep them off each other's heels.
        auto add = [&](const T *d, double *row) __attribute__((always_inline)) {
          double sum[step] = {}, moment[step] = {};
          for (int i = 0; i < s.padded; i += step)
            for (int k = 0; k < step; k++) {
              double value = double(d[i + k]);
              sum[k] += value;
              moment[k] += value * double(i + k);
            }
          double all = 0, first = 0;
          for (int k = 0; k < step; k++) {
            all += sum[k];
            first += moment[k];
          }
          row[0] += first + all * double(x);
          row[1] += all * double(y);
          row[2] += all;
        };
        add(du, total);
        add(dv, total + 3);
        if (f.projective) {
          std::fill(dq + s.count, dq + s.padded, T(0));
          add(dq, total + 6);
        }
      });
  if (grad_theta) theta_gradient(total, f, grad_theta);
}

} // namespace ctorch::warp
