/* The engine: libtorch behind `zoo_engine`, in a library of its own. */
#ifndef CTORCH_H
#define CTORCH_H

#include "zoo_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The one table of this process. */
ZOO_EXPORT const zoo_engine *zoo_engine_v1(void);

#ifdef __cplusplus
}
#endif
#endif
