// Included first by every file here: stops the build with one sentence where libtorch is missing or too old.
#pragma once

#if !__has_include(<torch/version.h>)
#error "libtorch not found: run `make setup`, or set LIBTORCH to the folder of a libtorch 2.11 or newer"
#else
#include <torch/version.h>
#if TORCH_VERSION_MAJOR < 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 11)
#error "this libtorch is too old: run `make setup`, or set LIBTORCH to the folder of a libtorch 2.11 or newer"
#endif
#endif
