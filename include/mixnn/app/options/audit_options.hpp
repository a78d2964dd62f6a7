#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mixnn/app/options/option_row.hpp"
#include "mixnn/audit/watched_run.hpp"

namespace mixnn {

// What `audit` looks for, and draws.
struct AuditOptions {
  std::string observer;  // a name, or ranks with commas between them; empty: all that have names
  std::vector<std::uint64_t> steps{1, 3, 10, 30, kAllSteps};  // rising
  std::filesystem::path picture;                              // empty: none
};

std::vector<OptionRow> audit_options();  // a part of the table

}  // namespace mixnn
