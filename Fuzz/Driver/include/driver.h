/* What libFuzzer calls with every input; Readers/Fuzz.swift defines it. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
