// Exceptions to statuses: nothing that libtorch throws may cross the C boundary.
#pragma once

#include "fit.h"

#include "zoo_plugin.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace ctorch {

// The text of this thread's last failure. Kept in a fixed buffer, so that reporting a lack of memory needs none.
const char *last_error() noexcept;

// Sets the text (cut at a whole UTF-8 character if it is very long); gives `code` back, ZOO_ERROR for ZOO_OK.
zoo_status fail(zoo_status code, const char *message) noexcept;

// A failure of our own, with its status.
struct Failure : std::runtime_error {
  zoo_status status;
  Failure(zoo_status status, const std::string &message) : runtime_error(message), status(status) {}
};

[[noreturn]] inline void bad_argument(const std::string &message) { throw Failure(ZOO_BAD_ARGUMENT, message); }

// What the allocator throws: c10::OutOfMemoryError. This thread remembers it until its next guarded call, because libtorch's
// interpreters and compiled packages pass every error on as a plain one.
[[noreturn]] void out_of_memory(size_t bytes);

// Forgets that memory was not enough.
void forget_shortage() noexcept;

// Turns the exception being handled into a status and a text without libtorch's backtrace.
zoo_status fail_with_current_exception() noexcept;

template <class Body> zoo_status guard(Body &&body) noexcept {
  forget_shortage();
  try {
    std::forward<Body>(body)();
    return ZOO_OK;
  } catch (...) {
    return fail_with_current_exception();
  }
}

} // namespace ctorch
