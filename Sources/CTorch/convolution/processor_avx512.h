// AVX-512: 32 registers of sixteen floats.
#pragma once

#include <cstdint>

namespace ctorch::convolution {
namespace {

struct Processor {
  static constexpr int64_t lanes = 16;          // floats in a vector
  static constexpr int64_t held = 28;           // vectors of sums in registers, backward
  static constexpr int64_t tile_positions = 12; // in registers, forward
  static constexpr int64_t tile_vectors = 2;    // of output channels, for each of them
  static constexpr bool multiply_add = true;    // in one instruction, rounded once
  static constexpr bool compresses = true;      // has the functions below

  // Bits for the lanes whose place, of which the first is `at`, is below `run` and not negative.
  static int32_t lanes_within(int64_t at, int64_t run) {
    const uint64_t all = (uint64_t(1) << run) - 1; // a run of patches is shorter, and no `at` is further behind it
    return int32_t((at < 0 ? all << (at < -16 ? 16 : -at) : all >> at) & 0xffff);
  }
  static __m512 load_lanes(const float *from, int32_t lanes) { return _mm512_maskz_loadu_ps(__mmask16(lanes), from); }

  // The first `count` lanes.
  template <class Floats> static void store_first(float *to, Floats values, int64_t count) {
    _mm512_mask_storeu_ps(to, __mmask16((1u << count) - 1), __m512(values));
  }
  template <class Bytes> static void store_first(uint8_t *to, Bytes values, int64_t count) {
    _mm_mask_storeu_epi8(to, __mmask16((1u << count) - 1), __m128i(values));
  }

  // first + lane × step
  static __m512i counting(int32_t first, int32_t step) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_add_epi32(_mm512_set1_epi32(first), _mm512_mullo_epi32(lane, _mm512_set1_epi32(step)));
  }

  // Stores the lanes of both that are `wanted`, one behind the other, and returns their number. Whole vectors are written.
  template <class Mask, class Values> static int32_t compress(Mask wanted, Values values, Mask numbers, float *to, int32_t *to_numbers) {
    const __mmask16 mask = _mm512_movepi32_mask(__m512i(wanted));
    _mm512_storeu_ps(to, _mm512_maskz_compress_ps(mask, __m512(values)));
    _mm512_storeu_si512(to_numbers, _mm512_maskz_compress_epi32(mask, __m512i(numbers)));
    return __builtin_popcount(mask);
  }

  // Up to how many floats of an output's kernel the input's gradient takes all terms, by Benchmarks/fit_tiled_cost.py on an Intel Xeon.
  static constexpr int64_t most_floats_unsorted = 256;

  // What Winograd's way costs, by Benchmarks/fit_tiled_cost.py on a quiet Zen 4 (EPYC): in products of a number with a vector.
  static constexpr double cost_of_point_channel = 1, loop_of_point = 7, cost_of_input_vector = 284, cost_of_output_vector = 30,
                          cost_of_filter = 255, cost_of_far_filter = 3.5, cost_of_gradient_by_sums = 2;
};

} // namespace
} // namespace ctorch::convolution
