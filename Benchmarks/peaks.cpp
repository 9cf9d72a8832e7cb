// What this processor can do at most: fused multiply-adds of float32 and products of bfloat16, of pairs or of tiles, in registers, and
// reading memory that no cache holds. Prints one JSON object. usage: peaks [THREADS]; built and read by operators.py.
#include "../Sources/CTorch/common/tile_registers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

constexpr int chains = 12, rounds = 5;
constexpr int64_t turns = 2'000'000;
volatile float sink;

// Operations of one call, which is what a thread does.
using Work = std::function<double()>;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) double avx2() {
  __m256 s[chains], f = _mm256_set1_ps(0.999f);
  for (int i = 0; i < chains; i++) s[i] = _mm256_set1_ps(float(i));
  for (int64_t turn = 0; turn < turns; turn++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) s[i] = _mm256_fmadd_ps(s[i], f, f);
  }
  for (int i = 1; i < chains; i++) s[0] = _mm256_add_ps(s[0], s[i]);
  sink = _mm256_cvtss_f32(s[0]);
  return double(turns) * chains * 8 * 2;
}

__attribute__((target("avx512f"))) double avx512() {
  __m512 s[chains], f = _mm512_set1_ps(0.999f);
  for (int i = 0; i < chains; i++) s[i] = _mm512_set1_ps(float(i));
  for (int64_t turn = 0; turn < turns; turn++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) s[i] = _mm512_fmadd_ps(s[i], f, f);
  }
  for (int i = 1; i < chains; i++) s[0] = _mm512_add_ps(s[0], s[i]);
  sink = _mm512_cvtss_f32(s[0]);
  return double(turns) * chains * 16 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) double pairs() {
  __m512 s[chains];
  const auto f = (__m512bh)_mm512_set1_epi32(0x3f803f80);
  for (int i = 0; i < chains; i++) s[i] = _mm512_set1_ps(float(i));
  for (int64_t turn = 0; turn < turns; turn++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) s[i] = _mm512_dpbf16_ps(s[i], f, f);
  }
  for (int i = 1; i < chains; i++) s[0] = _mm512_add_ps(s[0], s[i]);
  sink = _mm512_cvtss_f32(s[0]);
  return double(turns) * chains * 32 * 2;
}

__attribute__((target("amx-tile,amx-bf16"))) double tiles() {
  struct alignas(64) Shape {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } const shape;
  _tile_loadconfig(&shape);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
  constexpr int64_t few = turns / 16;
  for (int64_t turn = 0; turn < few; turn++) {
    _tile_dpbf16ps(0, 6, 7);
    _tile_dpbf16ps(1, 6, 7);
    _tile_dpbf16ps(2, 6, 7);
    _tile_dpbf16ps(3, 6, 7);
    _tile_dpbf16ps(4, 6, 7);
    _tile_dpbf16ps(5, 6, 7);
  }
  _tile_release();
  return double(few) * 6 * 16 * 16 * 32 * 2;
}
#else
double portable() {
  using Vector = float __attribute__((ext_vector_type(4)));
  Vector s[chains];
  for (int i = 0; i < chains; i++) s[i] = float(i);
  for (int64_t turn = 0; turn < turns; turn++)
    for (int i = 0; i < chains; i++) s[i] = s[i] * 0.999f + 0.999f;
  for (int i = 1; i < chains; i++) s[0] += s[i];
  sink = s[0][0];
  return double(turns) * chains * 4 * 2;
}
#endif

// The most of some rounds, of all threads together, in a thousand million a second.
double most(int threads, const Work &work) {
  double best = 0;
  for (int round = 0; round < rounds; round++) {
    std::vector<double> done(size_t(threads), 0.0);
    std::vector<std::thread> pool;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < threads; i++) pool.emplace_back([&, i] { done[size_t(i)] = work(); });
    for (auto &thread : pool) thread.join();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    double all = 0;
    for (double some : done) all += some;
    best = std::max(best, all / taken.count() * 1e-9);
  }
  return best;
}

} // namespace

int main(int count, char **arguments) {
  const int threads = count > 1 ? std::max(1, std::atoi(arguments[1])) : 1;
  double float32 = 0, bfloat16 = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2")) float32 = most(threads, avx2);
  if (__builtin_cpu_supports("avx512f")) float32 = std::max(float32, most(threads, avx512));
  if (__builtin_cpu_supports("avx512bf16")) bfloat16 = most(threads, pairs);
  if (ctorch::has_amx()) bfloat16 = std::max(bfloat16, most(threads, tiles));
#else
  float32 = most(threads, portable);
#endif
  // 128 MiB for each thread, eight sums side by side.
  const size_t size = 32 << 20;
  std::vector<std::vector<float>> memory(size_t(threads), std::vector<float>(size, 1.0f));
  std::atomic<int> taken{0};
  const double bytes = most(threads, [&] {
    const auto &mine = memory[size_t(taken++ % threads)];
    using Vector = float __attribute__((ext_vector_type(16), aligned(4)));
    Vector sums[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < size; i += 64)
      for (size_t k = 0; k < 4; k++) sums[k] += *reinterpret_cast<const Vector *>(&mine[i + 16 * k]);
    sums[0] += sums[1] + sums[2] + sums[3];
    sink = sums[0][0];
    return double(size) * sizeof(float);
  });
  std::printf("{\"threads\": %d, \"fp32_gflops\": %.1f, \"bf16_gflops\": %.1f, \"read_gbytes\": %.1f}\n", threads, float32, bfloat16,
              bytes);
}
