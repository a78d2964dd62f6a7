#pragma once
#include <filesystem>
#include <string>

#include "mixnn/data/data_request.hpp"
#include "mixnn/data/dataset.hpp"

namespace mixnn {

// A format in which data sets lie in folders.
struct DataFormat {
  const char* name;   // of --data-format: "idx"
  const char* files;  // by which it is known, for messages
  bool (*is_in)(const std::filesystem::path& folder);
  // The sets, without a name; as many labels as samples. Throws UsageError that names the file.
  DataPair (*load)(const std::filesystem::path& folder, const DataRequest& request);
};

inline constexpr const char* kDataRemedy =
    "install Debian's dataset-fashion-mnist, or name a folder with --data DIR (a small one is "
    "tests/data/digits)";

// The file of that name in a folder (file_names.hpp). Throws UsageError.
std::filesystem::path needed_file(const std::filesystem::path& folder, const std::string& name);

}  // namespace mixnn
