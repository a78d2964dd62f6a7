#pragma once
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Makes this machine's key and prints the public one. Throws UsageError if there is a key already
// that is not to be replaced.
void run_keygen(AppOptions& options);

}  // namespace mixnn
