#include "mixnn/base/private_file.hpp"

#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"

namespace mixnn {

PrivateFile::PrivateFile(std::filesystem::path file)
    : file_(std::move(file)), descriptor_(make_temporary(file_.string(), temporary_)) {
  if (descriptor_ < 0) fail("cannot be created", errno);
}

PrivateFile::~PrivateFile() {
  if (descriptor_ >= 0) close_file(descriptor_);
  if (!temporary_.empty()) remove_file(temporary_);
}

void PrivateFile::fail(const char* what, int reason) const {
  throw FileError(file_.string() + ": " + what, reason);
}

void PrivateFile::write(ConstBytes bytes) {
  if (const int reason = write_all(descriptor_, bytes)) fail("cannot be written", reason);
}

void PrivateFile::finish() {
  if (const int reason = flush_file(descriptor_)) fail("cannot be flushed to the disk", reason);
  if (const int reason = close_file(std::exchange(descriptor_, -1)))
    fail("cannot be written", reason);
}

void PrivateFile::commit() {
  finish();
  if (uninterrupted([&] { return ::rename(temporary_.c_str(), file_.c_str()); }) != 0)
    fail("cannot be put in its place", errno);
  temporary_.clear();
  if (const int reason = flush_folder_of(file_))
    fail("is there, but its name cannot be flushed to the disk", reason);
}

int PrivateFile::commit_new() {
  finish();
  if (uninterrupted([&] { return ::link(temporary_.c_str(), file_.c_str()); }) != 0) return errno;
  flush_folder_of(file_);
  return 0;
}

}  // namespace mixnn
