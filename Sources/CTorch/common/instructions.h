// Which set of instructions the kernels are taken for, and in which arithmetic convolutions multiply.
#pragma once

#include <string_view>

namespace ctorch {

// Each includes those before it. Off: ATen's operators instead.
enum class Instructions { off, portable, avx2, avx512, avx512_bf16, amx };

// The processor's best, or what ZOO_CPU names; `off` if ZOO_KERNELS is. Read once.
Instructions chosen_instructions(const char *op);

// The set of that name; an error, in the name of `op`, where there is none or this processor lacks it.
Instructions named_instructions(const char *op, std::string_view name);

// Whether gathering numbers with AVX-512 is faster than loading them one by one, which it is not on AMD's processors up to Zen 4.
bool has_fast_gathers();

// Whether products of pairs of halves are faster than those of floats: on Intel's processors they have half the speed.
bool has_fast_pairs();

// "avx2".
const char *name_of(Instructions);

enum class Precision { float32, bfloat16 };

// The precision of the process, float32 until it is set.
Precision chosen_precision();
void choose_precision(Precision);

} // namespace ctorch
