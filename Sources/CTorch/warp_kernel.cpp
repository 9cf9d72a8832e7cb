// The kernels, compiled for any x86-64 and for AVX2.
#include "warp.h"

#if defined(__x86_64__)
#define CTORCH_AVX2 [[gnu::target("avx2")]]
#endif

namespace ctorch::warp {
namespace {

template <class T> void forward_any(const T *in, const T *theta, T *out, const Frame &f) { forward<T, T>(in, theta, out, f, T(1), T(0)); }
template <class T> void interleaved_any(const T *in, const T *theta, T *out, const Frame &f) { forward_interleaved<T>(in, theta, out, f); }
template <class T> void backward_any(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
  backward<T>(in, theta, grad_out, grad_in, grad_theta, f);
}
template <class T> void u8_any(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
  forward<T, uint8_t>(in, theta, out, f, gain, offset);
}

#ifdef CTORCH_AVX2
template <class T> CTORCH_AVX2 void forward_avx2(const T *in, const T *theta, T *out, const Frame &f) {
  forward<T, T>(in, theta, out, f, T(1), T(0));
}
template <class T> CTORCH_AVX2 void interleaved_avx2(const T *in, const T *theta, T *out, const Frame &f) {
  forward_interleaved<T>(in, theta, out, f);
}
template <class T>
CTORCH_AVX2 void backward_avx2(const T *in, const T *theta, const T *grad_out, T *grad_in, T *grad_theta, const Frame &f) {
  backward<T>(in, theta, grad_out, grad_in, grad_theta, f);
}
template <class T> CTORCH_AVX2 void u8_avx2(const uint8_t *in, const T *theta, T *out, const Frame &f, T gain, T offset) {
  forward<T, uint8_t>(in, theta, out, f, gain, offset);
}
#endif

template <class T> Kernels<T> choose() {
#ifdef CTORCH_AVX2
  if (__builtin_cpu_supports("avx2")) return {forward_avx2<T>, interleaved_avx2<T>, backward_avx2<T>, u8_avx2<T>};
#endif
  return {forward_any<T>, interleaved_any<T>, backward_any<T>, u8_any<T>};
}

} // namespace

template <> const Kernels<float> &kernels<float>() {
  static const Kernels<float> chosen = choose<float>();
  return chosen;
}

template <> const Kernels<double> &kernels<double>() {
  static const Kernels<double> chosen = choose<double>();
  return chosen;
}

} // namespace ctorch::warp
