// Every operator of the dispatcher that runs, from wherever it was called.
#pragma once

#include "zoo_engine.h"

namespace ctorch {

void observe(zoo_observer observer, void *context) noexcept;

} // namespace ctorch
