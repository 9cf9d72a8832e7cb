// Where an affine map, a homography or a grid puts the pixels of an output, for sampling.h, and the gradients of those.
// Affine maps and homographies need no grid in memory; their conventions are those of affine_grid.
#pragma once

#include "sampling.h"
#include "scratch.h"

namespace ctorch::warp {

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

// Places of an affine map or a homography.
template <class T> struct MapPlaces {
  PixelMap map;
  bool projective;

  CTORCH_INLINE void operator()(Strip<T> &s, int64_t y, int64_t x) const {
    const double *m = map.m;
    const T a = T(m[0]), b = T(m[3]), c = T(m[6]);
    const T u0 = T(m[0] * double(x) + m[1] * double(y) + m[2]), v0 = T(m[3] * double(x) + m[4] * double(y) + m[5]);
    const T q0 = T(m[6] * double(x) + m[7] * double(y) + m[8]);
    for (int i = 0; i < s.padded; i++) {
      s.u[i] = a * T(i) + u0;
      s.v[i] = b * T(i) + v0;
    }
    if (!projective) return;
    for (int i = 0; i < s.padded; i++) {
      T q = c * T(i) + q0;
      s.scale[i] = T(1) / q;
      s.u[i] = s.u[i] / q;
      s.v[i] = s.v[i] / q;
    }
  }
};

// Places of a grid h×w×2, normalised.
template <class T> struct GridPlaces {
  const T *grid;
  T width, height; // of the image
  int64_t pixels;  // of the output, which is one row of them

  CTORCH_INLINE void operator()(Strip<T> &s, int64_t, int64_t x) const {
    const T *from = grid + 2 * x;
    const int there = int(std::min<int64_t>(s.padded, pixels - x));
    CTORCH_PIXELS for (int i = 0; i < there; i++) {
      s.u[i] = ((from[2 * i] + 1) * width - 1) / 2;
      s.v[i] = ((from[2 * i + 1] + 1) * height - 1) / 2;
    }
    for (int i = there; i < s.padded; i++) s.u[i] = s.v[i] = 0;
  }
};

template <class T> CTORCH_INLINE void forward(const T *in, const T *theta, T *out, const Frame &f) {
  sample<T, T>(in, MapPlaces<T>{pixel_map(theta, f), f.projective}, out, f, T(1), T(0));
}

// From bytes; out = pixel·gain + offset.
template <class T> CTORCH_INLINE void forward_u8(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
  const MapPlaces<T> places{pixel_map(theta, f), f.projective};
  if (worth_quads(f))
    sample_bytes<T>(in, places, out, f, gain, offset, reinterpret_cast<uint32_t *>(scratch(quad_room(f))));
  else
    sample<T, uint8_t>(in, places, out, f, gain, offset);
}

// Gradients of one image. `grad_in` and `grad_theta` may each be NULL: not wanted. Sums over an image are in double
// precision and in one order, whatever the number of threads.
template <class T> CTORCH_INLINE void backward(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
  constexpr int lanes = Strip<T>::lanes, step = 8;
  double total[9] = {};
  sample_gradient<T>(
      in, MapPlaces<T>{pixel_map(theta, f), f.projective}, grad_out, grad_in, grad_theta != nullptr,
      f, [&](const Strip<T> &s, T *du, T *dv, int64_t y, int64_t x) __attribute__((always_inline)) {
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

template <class T> CTORCH_INLINE GridPlaces<T> grid_places(const T *grid, const Frame &row) {
  return {grid, T(row.width), T(row.height), row.out_width};
}

// A grid says of each pixel where it comes from, so the output may as well be one long row: fewer strips, and full ones.
CTORCH_INLINE Frame as_row(Frame f) {
  f.out_width *= f.out_height;
  f.out_height = 1;
  return f;
}

template <class T> CTORCH_INLINE void forward_grid(const T *in, const T *grid, T *out, const Frame &f) {
  const Frame row = as_row(f);
  sample<T, T>(in, grid_places(grid, row), out, row, T(1), T(0));
}

// The same with a grid's gradient, h×w×2.
template <class T>
CTORCH_INLINE void backward_grid(const T *in, const T *grid, const T *grad_out, T *grad_in, T *grad_grid, const Frame &f) {
  const Frame row = as_row(f);
  sample_gradient<T>(
      in, grid_places(grid, row), grad_out, grad_in, grad_grid != nullptr,
      row, [&](const Strip<T> &s, T *du, T *dv, int64_t, int64_t x) __attribute__((always_inline)) {
        T *to = grad_grid + 2 * x;
        for (int i = 0; i < s.count; i++) {
          to[2 * i] = du[i] * T(f.width) / 2;
          to[2 * i + 1] = dv[i] * T(f.height) / 2;
        }
      });
}

} // namespace ctorch::warp
