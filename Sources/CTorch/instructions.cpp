#include "fit.h"

#include "instructions.h"

#include <c10/util/Exception.h>
#include <cstdlib>
#include <string>

namespace ctorch {
namespace {

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#else
bool has_avx2() { return false; }
bool has_avx512() { return false; }
#endif

} // namespace

Instructions named_instructions(const char *op, std::string_view name) {
  if (name == "off") return Instructions::off;
  if (name == "portable") return Instructions::portable;
  TORCH_CHECK_VALUE(name == "avx2" || name == "avx512", op, ": the instruction set must be off, portable, avx2 or avx512, found '",
                    std::string(name), "'");
  TORCH_CHECK_VALUE(name == "avx2" ? has_avx2() : has_avx512(), op, ": this processor has no ", std::string(name));
  return name == "avx2" ? Instructions::avx2 : Instructions::avx512;
}

Instructions chosen_instructions(const char *op) {
  static const Instructions chosen = [&] {
    const char *on = std::getenv("ZOO_KERNELS"), *forced = std::getenv("ZOO_CPU");
    if (on && std::string_view(on) == "off") return Instructions::off;
    if (forced && *forced) return named_instructions(op, forced);
    return has_avx512() ? Instructions::avx512 : has_avx2() ? Instructions::avx2 : Instructions::portable;
  }();
  return chosen;
}

} // namespace ctorch
