#include "mixnn/base/file_calls.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

namespace mixnn {

int make_folders(const std::filesystem::path& folder, unsigned mode) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return 0;
  if (!folder.has_filename())
    return make_folders(folder.parent_path(), mode);  // it ends in a slash
  if (const int error = make_folders(folder.parent_path(), mode)) return error;
  return uninterrupted([&] { return ::mkdir(folder.c_str(), mode); }) == 0 || errno == EEXIST
             ? 0
             : errno;
}

int make_temporary(const std::string& stem, std::string& name) {
  return uninterrupted([&] {
    name = stem + ".XXXXXX";
    return ::mkstemp(name.data());  // mode 0600
  });
}

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

int flush_file(int descriptor) {
  if (uninterrupted([&] { return ::fsync(descriptor); }) == 0) return 0;
  return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP ? 0 : errno;
}

int flush_folder_of(const std::filesystem::path& file) {
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  const int descriptor =
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return 0;
  const int error = flush_file(descriptor);
  close_file(descriptor);
  return error == EIO || error == ENOSPC || error == EDQUOT ? error : 0;
}

int remove_file(const std::filesystem::path& file) {
  return uninterrupted([&] { return ::unlink(file.c_str()); }) == 0 || errno == ENOENT ? 0 : errno;
}

int close_file(int descriptor) {
  return ::close(descriptor) == 0 || errno == EINTR ? 0 : errno;  // never again: it is closed
}

}  // namespace mixnn
