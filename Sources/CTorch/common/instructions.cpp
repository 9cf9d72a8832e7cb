#include "fit.h"

#include "instructions.h"

#include <array>
#include <atomic>
#include <c10/util/Exception.h>
#include <cstdlib>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ctorch {
namespace {

#if defined(__x86_64__)
// Tile registers are big, so the kernel wants to be asked before a process uses them.
bool may_use_tiles() {
  constexpr long request = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
}

bool has_amx() {
  unsigned a, b, c, d;
  constexpr unsigned bf16_and_tiles = 1U << 22 | 1U << 24;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & bf16_and_tiles) == bf16_and_tiles && may_use_tiles();
}

Instructions best() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Instructions::portable;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vl"))
    return Instructions::avx2;
  if (!__builtin_cpu_supports("avx512bf16")) return Instructions::avx512;
  return has_amx() ? Instructions::amx : Instructions::avx512_bf16;
}
bool intel() { return __builtin_cpu_is("intel"); }
#else
Instructions best() { return Instructions::portable; }
bool intel() { return false; }
#endif

Instructions best_here() {
  static const Instructions found = best();
  return found;
}

constexpr std::array<const char *, 6> names = {"off", "portable", "avx2", "avx512", "avx512_bf16", "amx"};

std::atomic<Precision> precision{Precision::float32};

} // namespace

Instructions named_instructions(const char *op, std::string_view name) {
  for (size_t i = 0; i < names.size(); i++)
    if (names[i] == name) {
      TORCH_CHECK_VALUE(Instructions(i) <= best_here(), op, ": this processor has no ", std::string(name));
      return Instructions(i);
    }
  TORCH_CHECK_VALUE(false, op, ": the instruction set must be off, portable, avx2, avx512, avx512_bf16 or amx, found '", std::string(name),
                    "'");
}

Instructions chosen_instructions(const char *op) {
  static const Instructions chosen = [&] {
    const char *on = std::getenv("ZOO_KERNELS"), *forced = std::getenv("ZOO_CPU");
    if (on && std::string_view(on) == "off") return Instructions::off;
    return forced && *forced ? named_instructions(op, forced) : best_here();
  }();
  return chosen;
}

bool has_fast_gathers() { return intel(); }
bool has_fast_pairs() { return !intel(); }

const char *name_of(Instructions set) { return names[size_t(set)]; }

Precision chosen_precision() { return precision.load(std::memory_order_relaxed); }
void choose_precision(Precision chosen) { precision.store(chosen, std::memory_order_relaxed); }

} // namespace ctorch
