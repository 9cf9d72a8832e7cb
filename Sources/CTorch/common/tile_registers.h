// Whether this process can multiply by tile registers (AMX). Without libtorch, as benchmarks ask too.
#pragma once

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ctorch {

#if defined(__x86_64__)
// The registers are big, so the kernel wants to be asked before a process uses them.
inline bool may_use_tiles() {
  constexpr long request = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
}

inline bool has_amx() {
  unsigned a, b, c, d;
  constexpr unsigned bf16_and_tiles = 1U << 22 | 1U << 24;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & bf16_and_tiles) == bf16_and_tiles && may_use_tiles();
}
#else
inline bool has_amx() { return false; }
#endif

} // namespace ctorch
