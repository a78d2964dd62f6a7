#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "mixnn/base/check.hpp"

namespace mixnn::testing {

// A folder that goes with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mixnn-audit.XXXXXX").string();
    MIXNN_CHECK(::mkdtemp(name.data()) != nullptr, "a scratch folder");
    path = name;
  }
  ~ScratchFolder() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  std::filesystem::path path;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put_content(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

// Whether the call throws an Error whose text has `part`.
template <class Error>
void expect_refused(const std::string& part, auto&& call) {
  try {
    call();
    FAIL() << "no error, but '" << part << "' was expected";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

}  // namespace mixnn::testing
