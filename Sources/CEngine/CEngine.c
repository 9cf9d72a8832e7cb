/* SwiftPM wants a source file in a C target. The engine itself is CTorch, a library of its own that is opened when it is needed. */
#include "zoo_engine.h"
