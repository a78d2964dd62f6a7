#include "mixnn/checkpoint/key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "mixnn/base/error.hpp"
#include "mixnn/crypto/hash.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "mixnn checkpoint key 1: ";
constexpr std::size_t kKeyDigits = 2 * Key::size();

[[noreturn]] void refuse_key(const fs::path& file, const std::string& why) {
  throw UsageError("--checkpoint-key " + file.string() + ": " + why);
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path f = fs::weakly_canonical(file), d = fs::weakly_canonical(folder);
  return std::mismatch(d.begin(), d.end(), f.begin(), f.end()).first == d.end();
}

// The folders that are missing, for their owner alone.
void make_folder(const fs::path& file, const fs::path& folder) {
  if (folder.empty() || fs::is_directory(folder)) return;
  make_folder(file, folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    refuse_key(file, "its folder cannot be made: " + system_reason(errno));
}

// Writes the key and closes the file. 0, or errno.
int write_key(int descriptor) {
  std::string text = std::string(kPrefix) + to_hex(Csprng().key().bytes()) + "\n";
  ConstBytes rest = bytes_of(text);
  int error = 0;
  while (!rest.empty() && error == 0) {
    const ssize_t n = ::write(descriptor, rest.data(), rest.size());
    if (n >= 0) rest = rest.subspan(static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) error = errno;
  }
  if (error == 0 && ::fsync(descriptor) != 0) error = errno;
  wipe(std::as_writable_bytes(std::span(text)));
  ::close(descriptor);
  return error;
}

// In its place from the start, but never in place of another: for file systems without hard links.
// Who finds it before it is whole waits.
int make_key_in_place(const fs::path& file) {
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return errno == EEXIST ? 0 : errno;
  const int error = write_key(descriptor);
  if (error != 0) ::unlink(file.c_str());
  return error;
}

// The file appears whole, and never in place of another: two first runs at once end up with one
// key.
void make_key(const fs::path& file) {
  make_folder(file, file.parent_path());
  std::string temporary = file.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());  // mode 0600
  if (descriptor < 0) refuse_key(file, "cannot be made: " + system_reason(errno));
  int error = write_key(descriptor);
  const bool written = error == 0;
  if (written && ::link(temporary.c_str(), file.c_str()) != 0) error = errno;
  ::unlink(temporary.c_str());
  if (error == EEXIST) return;
  if (written && error != 0) error = make_key_in_place(file);
  if (error != 0) refuse_key(file, "cannot be made: " + system_reason(error));
}

void check_private(const fs::path& file, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    refuse_key(file, "is no regular file");
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) refuse_key(file, "belongs to another user");
  if ((status.st_mode & 077) != 0)
    refuse_key(file, "others can read it: chmod 600 it, or let a new key be made");
}

// Two seconds at most: another process may be writing it.
void wait_until_whole(int descriptor) {
  constexpr int kTries = 100;
  constexpr std::chrono::milliseconds kPause{20};
  struct stat status {};
  for (int i = 0; i < kTries && ::fstat(descriptor, &status) == 0 &&
                  status.st_size < static_cast<off_t>(kPrefix.size() + kKeyDigits + 1);
       ++i)
    std::this_thread::sleep_for(kPause);
}

CheckpointKey read_key(const fs::path& file, int descriptor) {
  std::array<char, kPrefix.size() + kKeyDigits + 2> text{};
  const ssize_t got = ::read(descriptor, text.data(), text.size());
  const std::string_view all(text.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  const bool fits = all.size() == kPrefix.size() + kKeyDigits + 1 && all.starts_with(kPrefix);
  auto bytes = fits ? from_hex(all.substr(kPrefix.size(), kKeyDigits)) : std::nullopt;
  wipe(std::as_writable_bytes(std::span(text)));
  if (!bytes) refuse_key(file, "is no checkpoint key");
  const CheckpointKey key(Key::from(*bytes));
  wipe(*bytes);
  return key;
}

}  // namespace

CheckpointKey CheckpointKey::load(const fs::path& file, const fs::path& folder, bool may_make) {
  if (file.empty())
    throw UsageError(
        "--checkpoint-key FILE is needed: neither XDG_STATE_HOME nor HOME says where to keep it");
  if (lies_in(file, folder))
    refuse_key(file, "lies in the folder of the checkpoints that it opens; keep it elsewhere");
  int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    if (!may_make)
      refuse_key(
          file, "there is no such key, but " + folder.string() +
                    " holds checkpoints; name the key that they were made with, or --resume never");
    make_key(file);
    descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor < 0) refuse_key(file, "cannot be read: " + system_reason(errno));
  try {
    check_private(file, descriptor);
    wait_until_whole(descriptor);
    const CheckpointKey key = read_key(file, descriptor);
    ::close(descriptor);
    return key;
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

fs::path CheckpointKey::default_file() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return fs::path(state) / "mixnn" / "checkpoint.key";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return fs::path(home) / ".local" / "state" / "mixnn" / "checkpoint.key";
}

X25519KeyPair CheckpointKey::shard_keys(const ShardName& name) const {
  return X25519KeyPair::from_secret(
      hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN shard key")), name}));
}

Key CheckpointKey::manifest_key() const {
  return hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN manifest key"))});
}

}  // namespace mixnn
