#pragma once
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/data/data_folder.hpp"

namespace mixnn::testing_files {

// What loading a folder says of it.
inline std::string problem_of(const std::filesystem::path& folder,
                              const DataRequest& request = {}) {
  try {
    load_data_folder(folder, request);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

template <class T>
std::vector<T> numbers_of(const Table& table) {
  std::vector<T> numbers(table.bytes().size() / sizeof(T));
  std::memcpy(numbers.data(), table.bytes().data(), table.bytes().size());
  return numbers;
}

}  // namespace mixnn::testing_files
