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

// How `mixnn roster add` reaches a machine, and what it and `mixnn keygen` make of its key.
enum class Channel { kSsh, kSrun };

struct EnrolmentOptions {
  Channel by = Channel::kSsh;
  std::size_t rank_limit = 0;                    // of a machine; 0: as many as it has cores
  std::optional<std::filesystem::path> program;  // mixnn at the machine; nothing: as here
  bool replace = false;                          // a key that is there
};

std::vector<OptionRow> identity_options();  // a part of the table

}  // namespace mixnn
