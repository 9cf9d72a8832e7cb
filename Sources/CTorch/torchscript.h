// The extension "zoo.torchscript/1": modules that PyTorch has saved, as handles.
#pragma once

#include "zoo_plugin.h"

namespace ctorch {

extern const zoo_torchscript_v1 torchscript_extension;

} // namespace ctorch
