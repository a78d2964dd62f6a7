#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// A file to read in a folder that others can write to. No link is followed, nothing is waited for
// (as at a FIFO), and what is no regular file is not read. The size is known before memory is
// taken.
class RegularFile {
 public:
  explicit RegularFile(const std::filesystem::path& file);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  // Empty, or why there is nothing to read: "is missing", "is no regular file", ...
  const std::string& problem() const { return problem_; }
  bool missing() const { return missing_; }
  std::uint64_t size() const { return size_; }
  // The next bytes, as many as the place holds; false if there are fewer.
  [[nodiscard]] bool read(Bytes place);

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  bool missing_ = false;
  std::string problem_;
};

}  // namespace mixnn
