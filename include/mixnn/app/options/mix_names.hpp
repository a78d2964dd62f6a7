#pragma once
#include <string>

#include "mixnn/app/options/option_text.hpp"
#include "mixnn/session/options.hpp"

namespace mixnn {

// Mixing strategies as options take them and reports show them: the name, then the arguments behind
// colons, such as shuffle or threshold:3:20. All strategies of the list, whichever they are.
std::string to_string(const MixStrategy& mix);
MixStrategy parse_mix(const OptionText& option);

}  // namespace mixnn
