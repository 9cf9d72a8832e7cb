// The kernels of bfloat16.h by AMX: registers of 16 rows × 64 bytes, and a product of two of them in one instruction.
#if defined(__x86_64__)
#include "kernel_includes.h"

#define CTORCH_PROCESSOR "processor_avx512.h"
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "bfloat16_kernel.h"

namespace ctorch::bfloat16 {
namespace {
struct TileBlock {
  // The shape of the tile registers is a state of the thread that others change too (libtorch's own products): set for a task, and given
  // back behind it.
  class Session {
  public:
    Session() {
      Shape shape{.palette = 1};
      for (int i = 0; i < 8; i++) shape.bytes[i] = 2 * edge, shape.rows[i] = tile;
      _tile_loadconfig(&shape);
    }
    ~Session() { _tile_release(); }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

  private:
    struct alignas(64) Shape { // as the processor's manual has it
      uint8_t palette = 0, start_row = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    };
  };

  // sums[32 rows × pitch] += left[32 rows × left_pitch] × right, `depths` × 32 products.
  static void multiply(float *sums, int64_t pitch, const Half *left, int64_t left_pitch, const Half *right, int64_t depths) {
    const size_t step = size_t(pitch) * sizeof(float), left_step = size_t(left_pitch) * sizeof(Half), right_step = 2 * edge;
    float *lower = sums + tile * pitch;
    _tile_loadd(0, sums, step);
    _tile_loadd(1, sums + tile, step);
    _tile_loadd(2, lower, step);
    _tile_loadd(3, lower + tile, step);
    for (int64_t k = 0; k < depths; k++) {
      _tile_loadd(4, left + k * edge, left_step);
      _tile_loadd(5, left + tile * left_pitch + k * edge, left_step);
      _tile_loadd(6, right + k * panel, right_step);
      _tile_loadd(7, right + k * panel + panel / 2, right_step);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums, step);
    _tile_stored(1, sums + tile, step);
    _tile_stored(2, lower, step);
    _tile_stored(3, lower + tile, step);
  }
};
} // namespace

const Kernels amx = all<TileBlock>;
} // namespace ctorch::bfloat16
#pragma clang attribute pop
#endif
