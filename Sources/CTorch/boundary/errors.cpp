#include "errors.h"

#include <c10/util/Exception.h>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

namespace ctorch {
namespace {

constexpr size_t capacity = 4096;
thread_local char text[capacity] = "";
thread_local size_t shortage = 0; // bytes that the allocator could not get since this thread's last guarded call began

zoo_status fail(zoo_status code, std::string_view message) noexcept {
  // A c10 message that something else has wrapped still carries its backtrace.
  if (auto trace = message.find("\nException raised from "); trace != message.npos) message = message.substr(0, trace);
  // What follows is a page of backends, and what comes before is the place in libtorch's source.
  if (auto pages = message.find(" This could be because "); pages != message.npos && message.starts_with("Could not run"))
    message = message.substr(0, pages);
  if (auto allocator = message.find("DefaultCPUAllocator: "); allocator != message.npos) message = message.substr(allocator + 21);
  // What would be worth trying in PyTorch.
  if (auto advice = message.find(" If reserved but unallocated memory"); advice != message.npos) message = message.substr(0, advice);
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  size_t size = message.size();
  if (size >= capacity) {
    size = capacity - 1;
    while (size > 0 && (message[size] & 0xC0) == 0x80) size--;
  }
  if (size > 0) std::memmove(text, message.data(), size); // it may be this very text, handed back
  text[size] = 0;
  return code == ZOO_OK ? ZOO_ERROR : code;
}

// Shapes that do not fit come as plain errors too; only what libtorch itself classes as a bad argument is called one.
zoo_status status(const c10::Error &error) noexcept {
  if (dynamic_cast<const c10::OutOfMemoryError *>(&error)) return ZOO_OUT_OF_MEMORY;
  if (dynamic_cast<const c10::NotImplementedError *>(&error)) return ZOO_UNSUPPORTED;
  if (dynamic_cast<const c10::IndexError *>(&error) || dynamic_cast<const c10::ValueError *>(&error) ||
      dynamic_cast<const c10::TypeError *>(&error))
    return ZOO_BAD_ARGUMENT;
  // The allocator of libtorch's that ours stands in for throws an error of no particular type; so do CUDA's libraries.
  for (const char *sign :
       {"DefaultCPUAllocator: ", "CUDA error: out of memory", "CUDA out of memory", "_STATUS_ALLOC_FAILED", "_ALLOCATION_FAILED"})
    if (std::strstr(error.what_without_backtrace(), sign)) return ZOO_OUT_OF_MEMORY;
  return ZOO_ERROR;
}

} // namespace

const char *last_error() noexcept { return text; }

zoo_status fail(zoo_status code, const char *message) noexcept {
  return fail(code, message ? std::string_view(message) : std::string_view());
}

void forget_shortage() noexcept { shortage = 0; }

void out_of_memory(size_t bytes) {
  shortage = bytes;
  TORCH_CHECK_WITH(OutOfMemoryError, false, "not enough memory: the system has no ", bytes, " bytes for a tensor");
}

zoo_status fail_with_current_exception() noexcept {
  if (shortage > 0) {
    char message[96];
    std::snprintf(message, sizeof message, "not enough memory: the system has no %zu bytes for a tensor", shortage);
    return fail(ZOO_OUT_OF_MEMORY, message);
  }
  try {
    throw;
  } catch (const Failure &e) {
    return fail(e.status, e.what());
  } catch (const c10::Error &e) {
    return fail(status(e), e.what_without_backtrace());
  } catch (const std::bad_alloc &) {
    return fail(ZOO_OUT_OF_MEMORY, "not enough memory");
  } catch (const std::exception &e) {
    return fail(ZOO_ERROR, e.what());
  } catch (...) {
    return fail(ZOO_ERROR, "an exception of unknown type in the engine");
  }
}

} // namespace ctorch
