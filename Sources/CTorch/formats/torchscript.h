// The extensions "zoo.torchscript/1" and "zoo.torchscript.outputs/1": modules that PyTorch has saved, as handles.
#pragma once

#include "zoo_plugin.h"

namespace ctorch {

extern const zoo_torchscript_v1 torchscript_extension;
extern const zoo_torchscript_outputs_v1 torchscript_outputs_extension;

} // namespace ctorch
