#include "mixnn/checkpoint/run_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "mixnn/base/error.hpp"
#include "mixnn/base/private_file.hpp"
#include "mixnn/base/regular_file.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRecordMagic = "MIXNNRUN";
constexpr std::uint32_t kRecordVersion = 1;
constexpr std::size_t kRecordHead = kRecordMagic.size() + sizeof kRecordVersion;
constexpr std::size_t kMostRecordBytes = 8192;

// A file that is to go: its bytes are overwritten where they lie once it is out of its place, as
// far as the file system does that.
class OldFile {
 public:
  explicit OldFile(const fs::path& file)
      : descriptor_(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~OldFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OldFile(const OldFile&) = delete;
  OldFile& operator=(const OldFile&) = delete;

  void overwrite() {
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return;
    const std::vector<std::byte> zeros(
        std::min(static_cast<std::size_t>(status.st_size), kMostRecordBytes));
    if (write_all(descriptor_, zeros) == 0) ::fdatasync(descriptor_);
  }

 private:
  int descriptor_;
};

std::vector<std::byte> seal_record(const RunRecord& record, const Key& key) {
  std::vector<std::byte> text = encode(record), file;
  ByteWriter writer(file);
  writer.put_bytes(bytes_of(kRecordMagic));
  writer.put(kRecordVersion);
  file.resize(kRecordHead + text.size() + kBoxOverhead);
  const Bytes box = Bytes(file).subspan(kRecordHead);
  Csprng().fill(box.first(kBoxNonceBytes));
  seal_box(key, text, box);
  wipe(text);
  return file;
}

std::optional<RunRecord> read_record(const fs::path& path, const Key& key) {
  RegularFile in(path);
  if (!in.problem().empty() || in.size() > kMostRecordBytes ||
      in.size() < kRecordHead + kBoxOverhead)
    return std::nullopt;
  std::vector<std::byte> file(in.size());
  if (!in.read(file)) return std::nullopt;
  ByteReader head(file);
  const ConstBytes magic = head.get_bytes(kRecordMagic.size());
  if (!std::ranges::equal(magic, bytes_of(kRecordMagic)) ||
      head.get<std::uint32_t>() != kRecordVersion)
    return std::nullopt;
  std::vector<std::byte> text(head.rest().size() - kBoxOverhead);
  std::optional<RunRecord> record;
  if (open_box(key, head.rest(), text)) record = decode<RunRecord>(text);
  wipe(text);
  return record;
}

}  // namespace

Key next_checkpoint_secret(const Key& secret) {
  return hmac_sha256(secret.bytes(), {bytes_of(std::string_view("MixNN next checkpoint"))});
}

void RunRecord::forget_before(std::uint64_t number) {
  for (; oldest < number; ++oldest) secret = next_checkpoint_secret(secret);
}

fs::path RunRecords::file(const RunId& run) const { return folder_ / to_hex(run); }

std::optional<RunRecord> RunRecords::read(const RunId& run) const {
  std::optional<RunRecord> record = read_record(file(run), key_);
  if (record && record->run != run) record.reset();
  return record;
}

std::vector<RunRecord> RunRecords::of_folder(const std::string& checkpoints) const {
  std::vector<RunRecord> records;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error))
    if (std::optional<RunRecord> record = read_record(entry.path(), key_);
        record && record->folder == checkpoints && entry.path() == file(record->run))
      records.push_back(std::move(*record));
  return records;
}

int RunRecords::write(const RunRecord& record) const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return errno;
  OldFile before(file(record.run));
  try {
    PrivateFile now(file(record.run));
    now.write(seal_record(record, key_));
    now.commit();
  } catch (const FileError& error) {
    return error.reason();
  }
  before.overwrite();
  return 0;
}

void RunRecords::remove(const RunId& run) const {
  OldFile gone(file(run));
  ::unlink(file(run).c_str());
  gone.overwrite();
}

}  // namespace mixnn
