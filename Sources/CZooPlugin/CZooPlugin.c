/* SwiftPM wants a source file in a C target. The contract is the header, and this file proves that it is clean C. */
#include "zoo_plugin.h"
