#include "mixnn/base/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"

namespace mixnn {

RegularFile::RegularFile(const std::filesystem::path& file)
    : descriptor_(uninterrupted(
          [&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })) {
  if (descriptor_ < 0) {
    missing_ = errno == ENOENT;
    // ELOOP: a link; ENXIO: a socket
    const bool odd = errno == ELOOP || errno == ENXIO;
    problem_ = missing_ ? "is missing"
               : odd    ? "is no regular file"
                        : "cannot be read: " + system_reason(errno);
    return;
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    problem_ = "cannot be read: " + system_reason(errno);
  else if (!S_ISREG(status.st_mode))
    problem_ = "is no regular file";
  else
    size_ = static_cast<std::uint64_t>(status.st_size);
}

RegularFile::~RegularFile() {
  if (descriptor_ >= 0) close_file(descriptor_);
}

bool RegularFile::read(Bytes place) {
  if (!problem_.empty()) return false;
  while (!place.empty()) {
    const ssize_t got =
        uninterrupted([&] { return ::read(descriptor_, place.data(), place.size()); });
    if (got <= 0) return false;
    place = place.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace mixnn
