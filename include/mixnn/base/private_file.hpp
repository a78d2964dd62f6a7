#pragma once
#include <filesystem>
#include <string>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// All of it, however often the system takes only a part or is interrupted. Returns 0, or the errno
// that says why not.
int write_all(int descriptor, ConstBytes bytes);

// A file that only its owner may read and that appears complete or not at all. What was written
// goes, unless committed.
class PrivateFile {
 public:
  explicit PrivateFile(std::filesystem::path file);  // throws FileError, as all that follows
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  void write(ConstBytes bytes);
  void commit();  // to the disk and to its name; once, last

 private:
  [[noreturn]] void fail(const char* what, int reason) const;

  std::filesystem::path file_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace mixnn
