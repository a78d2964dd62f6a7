#pragma once
#include <string>
#include <vector>

#include "mixnn/app/reference/page.hpp"

namespace mixnn {

// docs/reference.md.
std::string to_markdown(const std::vector<ReferenceSection>& sections);

}  // namespace mixnn
