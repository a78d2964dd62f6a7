#pragma once
#include <string>
#include <vector>

#include "mixnn/app/options/option_row.hpp"
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// All options, in the order of help and reference. Made once; pointers into it stay valid.
const std::vector<OptionRow>& option_table();
std::vector<const OptionRow*> options_in(OptionSets sets);  // those of any of the sets
const OptionRow& option_row(const std::string& flag);       // there is one
inline std::string printed(const char* flag, const AppOptions& options) {
  return option_row(flag).value.print(options);
}

}  // namespace mixnn
