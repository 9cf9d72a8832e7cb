#pragma once

#include <cstdint>

namespace ctorch {

// Memory of this thread that outlives the task, not initialised; one piece at a time.
float *scratch(int64_t floats);

} // namespace ctorch
