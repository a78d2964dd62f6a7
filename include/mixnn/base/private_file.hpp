#pragma once
#include <filesystem>
#include <string>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// A file that only its owner may read and that appears complete or not at all. What was written
// goes, unless committed.
class PrivateFile {
 public:
  explicit PrivateFile(std::filesystem::path file);  // throws FileError, as all that follows
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  void write(ConstBytes bytes);
  // To the disk and to its name; one of these, once, last. What has the name is replaced.
  void commit();
  // The same, but nothing is ever replaced. 0, or the errno that says why it has not got the name:
  // EEXIST, something else has; another, the file system has no hard links.
  int commit_new();

 private:
  void finish();
  [[noreturn]] void fail(const char* what, int reason) const;

  std::filesystem::path file_;
  std::string temporary_;  // its name until it is committed
  int descriptor_ = -1;
};

}  // namespace mixnn
