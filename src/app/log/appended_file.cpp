#include "mixnn/app/log/appended_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"

namespace mixnn {

AppendedFile::AppendedFile(std::filesystem::path file) : file_(std::move(file)) {
  descriptor_ =
      uninterrupted([&] { return ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC); });
  if (descriptor_ < 0) throw FileError(file_.string() + ": cannot be written", errno);
}

AppendedFile::~AppendedFile() {
  if (descriptor_ >= 0) close_file(descriptor_);
}

AppendedFile::AppendedFile(AppendedFile&& other) noexcept
    : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

void AppendedFile::add(ConstBytes record) {
  struct stat before {};
  const bool regular = ::fstat(descriptor_, &before) == 0 && S_ISREG(before.st_mode);
  const int error = write_all(descriptor_, record);
  if (error == 0) return;
  if (regular) uninterrupted([&] { return ::ftruncate(descriptor_, before.st_size); });
  throw FileError(file_.string() + ": cannot be written", error);
}

}  // namespace mixnn
