#include "mixnn/base/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "mixnn/base/error.hpp"

namespace mixnn {

PrivateFile::PrivateFile(std::filesystem::path file) : file_(std::move(file)) {
  temporary_ = file_.string() + ".XXXXXX";
  descriptor_ = ::mkstemp(temporary_.data());  // mode 0600
  if (descriptor_ < 0) fail("cannot be created");
}

PrivateFile::~PrivateFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void PrivateFile::fail(const std::string& what) const {
  throw RunError(file_.string() + ": " + what + ": " + system_reason(errno));
}

void PrivateFile::write(ConstBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void PrivateFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot be flushed to the disk");
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail("cannot be put in its place");
  ::close(descriptor_);
  descriptor_ = -1;
  const std::string folder = file_.has_parent_path() ? file_.parent_path().string() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory < 0) return;  // the file is in place; only its name may not be on the disk yet
  ::fsync(directory);
  ::close(directory);
}

}  // namespace mixnn
