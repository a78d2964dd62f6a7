#include "mixnn/base/private_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

// Returns 0, or why it is not on the disk. Some file systems cannot flush: then it is as good there
// as it gets.
int flush(int descriptor) {
  while (::fsync(descriptor) != 0)
    if (errno != EINTR)
      return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP ? 0 : errno;
  return 0;
}

}  // namespace

int write_all(int descriptor, ConstBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    } else if (wrote == 0) {
      return EIO;
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

PrivateFile::PrivateFile(std::filesystem::path file) : file_(std::move(file)) {
  do {
    temporary_ = file_.string() + ".XXXXXX";
    descriptor_ = ::mkstemp(temporary_.data());  // mode 0600
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) fail("cannot be created", errno);
}

PrivateFile::~PrivateFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void PrivateFile::fail(const char* what, int reason) const {
  throw FileError(file_.string() + ": " + what, reason);
}

void PrivateFile::write(ConstBytes bytes) {
  if (const int reason = write_all(descriptor_, bytes)) fail("cannot be written", reason);
}

void PrivateFile::commit() {
  if (const int reason = flush(descriptor_)) fail("cannot be flushed to the disk", reason);
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail("cannot be put in its place", errno);
  ::close(descriptor_);
  descriptor_ = -1;
  const std::string folder = file_.has_parent_path() ? file_.parent_path().string() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory < 0) return;  // the file is in place; only its name may not be on the disk yet
  ::fsync(directory);
  ::close(directory);
}

}  // namespace mixnn
