#pragma once
#include <sodium.h>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// libsodium, initialized: every use in this folder goes through a function of this folder that
// calls this first, or uses only primitives that need no initialization.
void ensure_sodium();

}  // namespace mixnn
