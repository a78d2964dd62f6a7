#pragma once
#include <filesystem>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// A file that grows by whole records, each written at once: who is killed leaves whole ones. If the
// system takes only a part of one, such as on a full disk, the part is taken back.
class AppendedFile {
 public:
  // Opens a file that is there. Throws FileError.
  explicit AppendedFile(std::filesystem::path file);
  ~AppendedFile();
  AppendedFile(AppendedFile&& other) noexcept;
  AppendedFile& operator=(AppendedFile&& other) = delete;

  void add(ConstBytes record);  // throws FileError

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace mixnn
