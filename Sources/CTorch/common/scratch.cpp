#include "scratch.h"

#include <cstdlib>
#include <memory>

namespace ctorch {

float *scratch(int64_t floats) {
  thread_local std::unique_ptr<float, decltype(&std::free)> held(nullptr, std::free);
  thread_local int64_t room = 0;
  if (floats > room) {
    held.reset(); // never both at once
    constexpr int64_t line = 64;
    room = 0;
    auto bytes = size_t((floats * int64_t(sizeof(float)) + line - 1) / line * line);
    held.reset(static_cast<float *>(std::aligned_alloc(line, bytes)));
    if (!held) std::abort(); // within a parallel region nothing can be thrown
    room = floats;
  }
  return held.get();
}

} // namespace ctorch
