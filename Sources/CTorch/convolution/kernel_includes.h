// What kernels share with other files. It is included before a region that compiles for a set of instructions, so that none of it is
// compiled for them.
#pragma once

#include "bfloat16.h"
#include "convolution.h"
#include "scratch.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
