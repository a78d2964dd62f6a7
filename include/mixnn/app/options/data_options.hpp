#pragma once
#include <vector>

#include "mixnn/app/options/option_row.hpp"

namespace mixnn {

std::vector<OptionRow> data_options();

}  // namespace mixnn
