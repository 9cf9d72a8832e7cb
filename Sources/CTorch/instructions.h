// Which set of instructions the kernels are taken for.
#pragma once

#include <string_view>

namespace ctorch {

enum class Instructions { off, portable, avx2, avx512 }; // off: ATen's operators instead

// The processor's best, or what ZOO_CPU names; `off` if ZOO_KERNELS is. Read once.
Instructions chosen_instructions(const char *op);

// As named; an error, in the name of `op`, where there is no such set or this processor lacks it.
Instructions named_instructions(const char *op, std::string_view name);

} // namespace ctorch
