#pragma once
#include <filesystem>

#include "mixnn/data/dataset.hpp"

namespace mixnn {

// A format in which data sets lie in folders.
struct DataFormat {
  const char* name;   // "IDX"
  const char* files;  // by which it is known, for messages
  bool (*is_in)(const std::filesystem::path& folder);
  // The sets, without a name; as many labels as samples. Throws UsageError that names the file.
  DataPair (*load)(const std::filesystem::path& folder);
};

inline constexpr const char* kDataRemedy =
    "install Debian's dataset-fashion-mnist, or name a folder with --data DIR (a small one is "
    "tests/data/digits)";

}  // namespace mixnn
