#pragma once
#include <vector>

#include "mixnn/app/options/option_row.hpp"

namespace mixnn {

std::vector<OptionRow> generation_options();  // a part of the table

}  // namespace mixnn
