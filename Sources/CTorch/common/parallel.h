// Work on libtorch's own threads. at::parallel_for is serial in a file compiled without OpenMP, and clang's OpenMP would
// bring a second runtime into the process, so this asks the runtime that libtorch has loaded (libgomp's entry point,
// which LLVM's libomp has too). Without one the work is done here.
#pragma once

#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <dlfcn.h>
#include <vector>

namespace ctorch {

// Calls body(i) for 0 <= i < count, each once, in any order; it must not throw. `cost` is of one call, in nanoseconds or so.
template <class Body> void for_each_index(int64_t count, int64_t cost, const Body &body) {
  using Fork = void (*)(void (*)(void *), void *, unsigned threads, unsigned flags);
  static const Fork fork = reinterpret_cast<Fork>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  constexpr int64_t worthwhile = 20'000; // a fork and join takes some microseconds
  auto threads = std::min<int64_t>({at::get_num_threads(), count, count * cost / worthwhile});
  if (threads < 2 || !fork || at::in_parallel_region()) {
    for (int64_t i = 0; i < count; i++) body(i);
    return;
  }
  // A thread begins with the same part every time, as what it wrote there may still be in its cache, and then helps the others.
  struct alignas(64) Part {
    std::atomic<int64_t> next;
    int64_t end;
  };
  struct Work {
    std::vector<Part> parts;
    int64_t chunk;
    const Body &body;
  } work{std::vector<Part>(size_t(threads)), std::max<int64_t>(1, count / (threads * 8)), body};
  for (int64_t t = 0; t < threads; t++) {
    work.parts[size_t(t)].next = count * t / threads;
    work.parts[size_t(t)].end = count * (t + 1) / threads;
  }
  auto run = [](void *argument) {
    static const auto number = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_thread_num"));
    auto &work = *static_cast<Work *>(argument);
    const size_t own = number ? size_t(number()) : 0, threads = work.parts.size();
    for (size_t t = 0; t < threads; t++) {
      Part &part = work.parts[(own + t) % threads];
      for (int64_t first; (first = part.next.fetch_add(work.chunk, std::memory_order_relaxed)) < part.end;)
        for (int64_t i = first, last = std::min(first + work.chunk, part.end); i < last; i++) work.body(i);
    }
  };
  fork(run, &work, unsigned(threads), 0);
}

} // namespace ctorch
