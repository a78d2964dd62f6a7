#include "mixnn/app/output_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

// A new file beside `file`, which goes when it is not renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& file)
      : path_(file.string() + ".XXXXXX"), fd_(::mkstemp(path_.data())) {}
  ~TemporaryFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_; }
  bool rename_to(const fs::path& file) { return renamed_ = ::rename(path_.c_str(), file.c_str()) == 0; }

 private:
  std::string path_;  // 0600
  int fd_;
  bool renamed_ = false;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

std::string reason() { return std::strerror(errno); }

bool is_special(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

// Through symbolic links, so that a link stays one.
fs::path target_of(const fs::path& file) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  return error ? file : target;
}

[[noreturn]] void refuse(const std::string& option, const fs::path& path, const std::string& why) {
  throw UsageError(option + " " + path.string() + ": cannot be written: " + why);
}

}  // namespace

void check_outputs(const fs::path& out, const fs::path& json) {
  std::error_code error;
  if (!out.empty()) {
    fs::create_directories(out, error);
    if (!fs::is_directory(out)) refuse("--out", out, error ? error.message() : "it is not a folder");
    if (TemporaryFile(out / ".mixnn").fd() < 0) refuse("--out", out, reason());
  }
  if (json.empty()) return;
  if (fs::is_directory(json, error)) refuse("--json", json, "it is a folder");
  if (is_special(json)) {
    if (::access(json.c_str(), W_OK) != 0) refuse("--json", json, reason());
  } else if (TemporaryFile(target_of(json)).fd() < 0) {
    refuse("--json", json, reason());
  }
}

void write_file(const fs::path& file, std::string_view text) {
  const auto fail = [&] { throw RunError(file.string() + ": cannot be written: " + reason()); };
  if (is_special(file)) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write_all(fd, text);
    if (fd >= 0) ::close(fd);
    if (!written) fail();
    return;
  }
  const fs::path target = target_of(file);
  TemporaryFile temporary(target);
  if (temporary.fd() < 0 || !write_all(temporary.fd(), text) || !temporary.rename_to(target)) fail();
}

}  // namespace mixnn
