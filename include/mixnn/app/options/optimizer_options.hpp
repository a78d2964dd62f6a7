#pragma once
#include <vector>

#include "mixnn/app/options/option_row.hpp"

namespace mixnn {

// Parts of the table's training options: of the learning rate, and of the optimizer.
std::vector<OptionRow> rate_options();
std::vector<OptionRow> optimizer_options();

}  // namespace mixnn
