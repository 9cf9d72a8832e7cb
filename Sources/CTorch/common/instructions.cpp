#include "fit.h"

#include "instructions.h"
#include "tile_registers.h"

#include <array>
#include <atomic>
#include <c10/util/Exception.h>
#include <cstdlib>
#include <string>

namespace ctorch {
namespace {

#if defined(__x86_64__)
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
