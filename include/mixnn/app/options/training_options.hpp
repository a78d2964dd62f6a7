#pragma once
#include <vector>

#include "mixnn/app/options/option_row.hpp"

namespace mixnn {

// Parts of the table, by group of the help.
std::vector<OptionRow> training_options();

}  // namespace mixnn
