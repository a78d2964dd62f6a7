#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "mixnn/app/options/option_row.hpp"

namespace mixnn {

// What peers are to know each other by.
enum class IdentityChoice { kAuto, kNone, kMunge };

struct IdentityOptions {
  IdentityChoice choice = IdentityChoice::kAuto;
  bool required = false;
  // Nothing: the default places, where their files may be missing.
  std::optional<std::filesystem::path> roster, owner_key;
};

std::vector<OptionRow> identity_options();  // a part of the table

}  // namespace mixnn
