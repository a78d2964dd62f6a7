#pragma once
#include <string>
#include <vector>

#include "mixnn/app/reference/page.hpp"

namespace mixnn {

// The man page, mixnn(1), in mdoc.
std::string to_man(const std::vector<ReferenceSection>& sections);

}  // namespace mixnn
