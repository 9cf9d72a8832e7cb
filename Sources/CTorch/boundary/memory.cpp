// Memory of tensors on the CPU that outlives them: what a step frees, the next one gets again. From the system a large
// block comes as untouched pages, and clearing those took a fifth of a training step.
#include "errors.h"

#include <algorithm>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

namespace ctorch {
namespace {

constexpr size_t line = 64;         // bytes; tensors begin at a multiple, behind their block's header
constexpr size_t pooled = 64 << 10; // bytes from which a block is kept; malloc is good with smaller ones

struct alignas(line) Block {
  size_t size; // of the whole block, this header included

  void *data() { return this + 1; }
  static Block *of(void *data) { return static_cast<Block *>(data) - 1; }
};
static_assert(sizeof(Block) == line);

// Sizes in steps of an eighth at most, so that batches of nearly the same length share blocks.
size_t rounded(size_t size) {
  size_t step = line;
  for (; size / step >= 16; step *= 2) {
  }
  return (size + step - 1) / step * step;
}

class Pool final : public c10::Allocator {
public:
  at::DataPtr allocate(size_t bytes) override {
    const at::Device device(at::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &release, device};
    if (bytes > SIZE_MAX / 2) out_of_memory(bytes);
    const size_t size = rounded(bytes + sizeof(Block));
    Block *block = size < pooled ? nullptr : taken(size);
    if (!block) block = fresh(size);
    return {block->data(), block->data(), &release, device};
  }

  at::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  static Pool &shared() {
    static Pool &pool = *new Pool; // tensors may be freed after everything else
    return pool;
  }

private:
  static void release(void *data) {
    if (!data) return;
    Block *block = Block::of(data);
    if (block->size < pooled)
      std::free(block);
    else
      shared().keep(block);
  }

  Block *fresh(size_t size) {
    void *memory = std::aligned_alloc(line, size);
    if (!memory) { // what others left may be enough
      drop(0);
      memory = std::aligned_alloc(line, size);
    }
    if (!memory) out_of_memory(size);
    if (size >= pooled) {
      std::lock_guard hold(lock);
      in_use += size;
      most_in_use = std::max(most_in_use, in_use);
    }
    return new (memory) Block{size};
  }

  // The block of that size that was used last and is likeliest still in a cache, or null.
  Block *taken(size_t size) {
    std::lock_guard hold(lock);
    auto found = std::find_if(idle.rbegin(), idle.rend(), [&](Block *block) { return block->size == size; });
    if (found == idle.rend()) return nullptr;
    Block *block = *found;
    idle.erase(std::next(found).base());
    idle_bytes -= size;
    in_use += size;
    most_in_use = std::max(most_in_use, in_use);
    return block;
  }

  // Idle and used memory together stay within the most that was ever used, so a process needs hardly more than without.
  void keep(Block *block) {
    size_t most;
    {
      std::lock_guard hold(lock);
      idle.push_back(block);
      idle_bytes += block->size;
      in_use -= block->size;
      most = most_in_use - in_use;
    }
    drop(most);
  }

  // Frees the blocks idle for longest until at most `bytes` are left.
  void drop(size_t bytes) {
    std::vector<Block *> old;
    {
      std::lock_guard hold(lock);
      size_t count = 0;
      for (; idle_bytes > bytes; count++) idle_bytes -= idle[count]->size;
      old.assign(idle.begin(), idle.begin() + std::ptrdiff_t(count));
      idle.erase(idle.begin(), idle.begin() + std::ptrdiff_t(count));
    }
    for (Block *block : old) std::free(block);
  }

  std::mutex lock;
  std::vector<Block *> idle; // the longest idle first
  size_t idle_bytes = 0, in_use = 0, most_in_use = 0;
};

// Before any tensor is made. libtorch's own allocator has priority 0.
const bool installed = (c10::SetCPUAllocator(&Pool::shared(), 1), true);

} // namespace
} // namespace ctorch
