// The kernels, compiled for any processor, for AVX2 and for AVX-512.
#pragma clang fp contract(off)
#include "warp.h"

#if defined(__x86_64__)
#define CTORCH_AVX2 [[gnu::target("avx2")]]
#define CTORCH_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]
#else
#define CTORCH_AVX2
#define CTORCH_AVX512
#endif

namespace ctorch::warp {
namespace {

// The instructions are an attribute of a function, so each is written down for each set.
template <class T> struct Portable {
  static void forward(const T *in, const T *theta, T *out, const Frame &f) { warp::forward<T>(in, theta, out, f); }
  static void backward(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
    warp::backward<T>(in, theta, grad_out, grad_in, grad_theta, f);
  }
  static void forward_u8(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
    warp::forward_u8<T>(in, theta, out, f, gain, offset);
  }
  static void forward_grid(const T *in, const T *grid, T *out, const Frame &f) { warp::forward_grid<T>(in, grid, out, f); }
  static void backward_grid(const T *in, const T *grid, const T *grad_out, T *grad_in, T *grad_grid, const Frame &f) {
    warp::backward_grid<T>(in, grid, grad_out, grad_in, grad_grid, f);
  }
};

template <class T> struct AVX2 {
  CTORCH_AVX2 static void forward(const T *in, const T *theta, T *out, const Frame &f) { warp::forward<T>(in, theta, out, f); }
  CTORCH_AVX2 static void backward(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
    warp::backward<T>(in, theta, grad_out, grad_in, grad_theta, f);
  }
  CTORCH_AVX2 static void forward_u8(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
    warp::forward_u8<T>(in, theta, out, f, gain, offset);
  }
  CTORCH_AVX2 static void forward_grid(const T *in, const T *grid, T *out, const Frame &f) { warp::forward_grid<T>(in, grid, out, f); }
  CTORCH_AVX2 static void backward_grid(const T *in, const T *grid, const T *grad_out, T *grad_in, T *grad_grid, const Frame &f) {
    warp::backward_grid<T>(in, grid, grad_out, grad_in, grad_grid, f);
  }
};

template <class T> struct AVX512 {
  CTORCH_AVX512 static void forward(const T *in, const T *theta, T *out, const Frame &f) { warp::forward<T>(in, theta, out, f); }
  CTORCH_AVX512 static void backward(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
    warp::backward<T>(in, theta, grad_out, grad_in, grad_theta, f);
  }
  CTORCH_AVX512 static void forward_u8(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
    warp::forward_u8<T>(in, theta, out, f, gain, offset);
  }
  CTORCH_AVX512 static void forward_grid(const T *in, const T *grid, T *out, const Frame &f) { warp::forward_grid<T>(in, grid, out, f); }
  CTORCH_AVX512 static void backward_grid(const T *in, const T *grid, const T *grad_out, T *grad_in, T *grad_grid, const Frame &f) {
    warp::backward_grid<T>(in, grid, grad_out, grad_in, grad_grid, f);
  }
};

template <class Set, class T>
constexpr Kernels<T> all = {.forward = Set::forward,
                            .backward = Set::backward,
                            .forward_u8 = Set::forward_u8,
                            .forward_grid = Set::forward_grid,
                            .backward_grid = Set::backward_grid};

} // namespace

template <class T> const Kernels<T> &kernels(Instructions set) {
  if (set >= Instructions::avx512 && has_fast_gathers()) return all<AVX512<T>, T>;
  return set >= Instructions::avx2 ? all<AVX2<T>, T> : all<Portable<T>, T>;
}

template const Kernels<float> &kernels<float>(Instructions);
template const Kernels<double> &kernels<double>(Instructions);

} // namespace ctorch::warp
