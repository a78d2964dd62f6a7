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
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/private_file.hpp"
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

// In its place from the start, but never in place of another: for file systems without hard links.
// Who finds it before it is whole waits. Returns the error; 0 if there is one now.
int put_in_place(const fs::path& file, ConstBytes text) {
  const int descriptor = uninterrupted([&] {
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  });
  if (descriptor < 0) return errno == EEXIST ? 0 : errno;
  int error = write_all(descriptor, text);
  if (error == 0) error = flush_file(descriptor);
  const int closed = close_file(descriptor);
  if (error == 0) error = closed;
  if (error != 0) remove_file(file);
  return error;
}

// The file appears whole, and never in place of another: two first runs at once end up with one
// key.
int put_key(const fs::path& file, ConstBytes text) {
  try {
    PrivateFile whole(file);
    whole.write(text);
    const int error = whole.commit_new();
    if (error == 0 || error == EEXIST) return 0;
  } catch (const FileError& error) {
    return error.reason();
  }
  return put_in_place(file, text);
}

void make_key(const fs::path& file) {
  constexpr unsigned kForTheOwner = 0700;
  if (const int error = make_folders(file.parent_path(), kForTheOwner))
    refuse_key(file, "its folder cannot be made: " + system_reason(error));
  std::string text = std::string(kPrefix) + to_hex(Csprng().key().bytes()) + "\n";
  const int error = put_key(file, bytes_of(text));
  wipe(std::as_writable_bytes(std::span(text)));
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
  std::size_t size = 0;
  ssize_t got = 1;
  while (got > 0 && size < text.size()) {
    got = uninterrupted([&] { return ::read(descriptor, text.data() + size, text.size() - size); });
    if (got < 0) refuse_key(file, "cannot be read: " + system_reason(errno));
    size += static_cast<std::size_t>(got);
  }
  const std::string_view all(text.data(), size);
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
  const auto open_key = [&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); };
  int descriptor = uninterrupted(open_key);
  if (descriptor < 0 && errno == ENOENT) {
    if (!may_make)
      refuse_key(
          file, "there is no such key, but " + folder.string() +
                    " holds checkpoints; name the key that they were made with, or --resume never");
    make_key(file);
    descriptor = uninterrupted(open_key);
  }
  if (descriptor < 0) refuse_key(file, "cannot be read: " + system_reason(errno));
  try {
    check_private(file, descriptor);
    wait_until_whole(descriptor);
    const CheckpointKey key = read_key(file, descriptor);
    close_file(descriptor);
    return key;
  } catch (...) {
    close_file(descriptor);
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

CheckpointKey CheckpointKey::sub_key(const Key& checkpoint_secret) const {
  return CheckpointKey(hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN checkpoint")),
                                                     checkpoint_secret.bytes()}));
}

Key CheckpointKey::record_key() const {
  return hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN run record"))});
}

Key CheckpointKey::secret_without_record(ConstBytes run, std::uint64_t number) const {
  return hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN no record")), run,
                                       bytes_of(std::span(&number, 1))});
}

X25519KeyPair CheckpointKey::shard_keys(const ShardName& name) const {
  return X25519KeyPair::from_secret(
      hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN shard key")), name}));
}

Key CheckpointKey::manifest_key() const {
  return hmac_sha256(secret_.bytes(), {bytes_of(std::string_view("MixNN manifest key"))});
}

}  // namespace mixnn
