// The table that plugins compute through, and what stands behind it.
#pragma once

#include "zoo_engine.h"

namespace ctorch {

// The one table of this process.
const zoo_host_v1 *host_table();

void set_host_callbacks(void (*log)(zoo_log_level, const char *),
                        zoo_status (*make_part)(zoo_builder *, const char *, const zoo_build_v1 *, zoo_part_v1 *),
                        zoo_open_program open_program);

} // namespace ctorch
