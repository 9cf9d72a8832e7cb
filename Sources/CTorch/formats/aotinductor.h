// The extension "zoo.aotinductor/1": packages of native code that PyTorch has compiled, as handles.
#pragma once

#include "zoo_plugin.h"

namespace ctorch {

extern const zoo_aotinductor_v1 aotinductor_extension;

} // namespace ctorch
