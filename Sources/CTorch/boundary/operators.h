// The generic door: every operator of the dispatcher, by name.
#pragma once

#include "errors.h"
#include "zoo_engine.h"

namespace ctorch {

zoo_status find_op(const char *name, const char *overload, const zoo_op **out) noexcept;
const char *schema(const zoo_op *) noexcept;
zoo_status call_op(const zoo_op *, const zoo_value *in, uint32_t n_in, zoo_value *out, uint32_t room, uint32_t *n_out) noexcept;

// Tells `listener` of every call that succeeds; see zoo_engine.h.
void listen(zoo_listener listener, void *context) noexcept;

// Sends libtorch's warnings on this thread to the host's log, from now on.
void route_warnings() noexcept;

} // namespace ctorch
