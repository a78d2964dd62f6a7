#include "mixnn/identity/private_text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/private_file.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMostBytes = off_t{1} << 20;

[[noreturn]] void refuse_file(const fs::path& file, const std::string& why) {
  throw UsageError(file.string() + ": " + why);
}

void check_private(const fs::path& file, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    refuse_file(file, "is no regular file");
  if (status.st_uid != ::geteuid()) refuse_file(file, "belongs to another user");
  if ((status.st_mode & 077) != 0) refuse_file(file, "others can read it: chmod 600 it");
  if (status.st_size > kMostBytes) refuse_file(file, "is too large");
}

void make_folder_of(const fs::path& file) {
  if (const int error = make_folders(file.parent_path(), 0700))
    refuse_file(file, "its folder cannot be made: " + system_reason(error));
}

SecretText read_all(const fs::path& file, int descriptor) {
  std::string text(static_cast<std::size_t>(kMostBytes), '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(descriptor, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_file(file, "cannot be read: " + system_reason(errno));
    size += static_cast<std::size_t>(got);
    if (got == 0) break;
  }
  SecretText whole(text.substr(0, size));
  wipe(std::as_writable_bytes(std::span(text)));
  return whole;
}

std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

}  // namespace

std::optional<SecretText> read_private_text(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  if (descriptor < 0) refuse_file(file, "cannot be read: " + system_reason(errno));
  try {
    check_private(file, descriptor);
    SecretText text = read_all(file, descriptor);
    ::close(descriptor);
    return text;
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

bool write_private_text(const fs::path& file, std::string_view text, bool replace) {
  make_folder_of(file);
  PrivateFile out(file);
  out.write(bytes_of(text));
  if (!replace) {
    const int error = out.commit_new();
    if (error == 0 || error == EEXIST) return error == 0;
    // No hard links there: then looking before is the best there is.
    return !fs::exists(fs::symlink_status(file)) && write_private_text(file, text, true);
  }
  out.commit();
  return true;
}

PrivateTextTurn::PrivateTextTurn(const fs::path& file) {
  make_folder_of(file);
  const fs::path place = file.string() + ".lock";
  lock_ = uninterrupted([&] {
    return ::open(place.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  });
  if (lock_ < 0) refuse_file(place, "cannot be made: " + system_reason(errno));
  uninterrupted([&] { return ::flock(lock_, LOCK_EX); });
}

PrivateTextTurn::~PrivateTextTurn() { ::close(lock_); }

std::vector<std::string_view> words_of(std::string_view line) { return pieces(line, ' '); }
std::vector<std::string_view> lines_of(std::string_view text) { return pieces(text, '\n'); }

std::optional<Key> key_from_hex(std::string_view text) {
  if (text.size() != 2 * Key::size()) return std::nullopt;
  std::optional<std::vector<std::byte>> bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  const Key key = Key::from(*bytes);
  wipe(*bytes);
  return key;
}

}  // namespace mixnn
