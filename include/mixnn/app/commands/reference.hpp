#pragma once
#include <string>

#include "mixnn/app/options/options.hpp"

namespace mixnn {

// What `mixnn reference` prints: the man page or the reference, written from the tables of
// commands and options. docs/mixnn.1 and docs/reference.md are these texts. Throws UsageError.
std::string reference_text(const AppOptions& options);

}  // namespace mixnn
