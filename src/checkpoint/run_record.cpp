#include "mixnn/checkpoint/run_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
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
      : descriptor_(uninterrupted(
            [&] { return ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })),
        error_(descriptor_ >= 0 || errno == ENOENT ? 0 : errno) {}
  ~OldFile() {
    if (descriptor_ >= 0) close_file(descriptor_);
  }
  OldFile(const OldFile&) = delete;
  OldFile& operator=(const OldFile&) = delete;

  bool is_out_of_place() const {
    struct stat status {};
    return descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && status.st_nlink == 0;
  }
  // Returns the error; none if there was no such file.
  int overwrite() {
    if (descriptor_ < 0) return error_;
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return errno;
    if (!S_ISREG(status.st_mode)) return 0;
    const std::vector<std::byte> zeros(
        std::min(static_cast<std::size_t>(status.st_size), kMostRecordBytes));
    if (const int error = write_all(descriptor_, zeros)) return error;
    return flush_file(descriptor_);
  }

 private:
  int descriptor_, error_;
};

int erase(const fs::path& file) {
  OldFile gone(file);
  const int removed = remove_file(file), overwritten = gone.overwrite();
  return overwritten != 0 ? overwritten : removed;
}

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

RunRecords::Found read_record(const fs::path& path, const Key& key) {
  RegularFile in(path);
  if (!in.problem().empty()) return {{}, in.problem()};
  const RunRecords::Found none{{}, "does not open"};
  if (in.size() > kMostRecordBytes || in.size() < kRecordHead + kBoxOverhead) return none;
  std::vector<std::byte> file(in.size());
  if (!in.read(file)) return {{}, "cannot be read"};
  ByteReader head(file);
  const ConstBytes magic = head.get_bytes(kRecordMagic.size());
  if (!std::ranges::equal(magic, bytes_of(kRecordMagic)) ||
      head.get<std::uint32_t>() != kRecordVersion)
    return none;
  std::vector<std::byte> text(head.rest().size() - kBoxOverhead);
  std::optional<RunRecord> record;
  if (open_box(key, head.rest(), text)) record = decode<RunRecord>(text);
  wipe(text);
  return record ? RunRecords::Found{std::move(record), {}} : none;
}

}  // namespace

Key next_checkpoint_secret(const Key& secret) {
  return hmac_sha256(secret.bytes(), {bytes_of(std::string_view("MixNN next checkpoint"))});
}

void RunRecord::forget_before(std::uint64_t number) {
  for (; oldest < number; ++oldest) secret = next_checkpoint_secret(secret);
}

fs::path RunRecords::file(const RunId& run) const { return folder_ / to_hex(run); }

RunRecords::Found RunRecords::read(const RunId& run) const {
  Found found = read_record(file(run), key_);
  if (found.record && found.record->run != run) return {{}, "does not open"};
  return found;
}

RunRecords::Listing RunRecords::of_folder(const std::string& checkpoints) const {
  Listing listing;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    Found found = read_record(entry.path(), key_);
    if (!found.record && entry.path().filename().string().size() == 2 * RunId().size())
      listing.unread.push_back(entry.path().string() + " " + found.problem);
    if (found.record && found.record->folder == checkpoints &&
        entry.path() == file(found.record->run))
      listing.records.push_back(std::move(*found.record));
  }
  return listing;
}

RunRecords::Written RunRecords::write(const RunRecord& record) const {
  constexpr unsigned kForTheOwner = 0700;
  if (const int error = make_folders(folder_, kForTheOwner)) return {error, 0};
  OldFile before(file(record.run));
  try {
    PrivateFile now(file(record.run));
    now.write(seal_record(record, key_));
    now.commit();
  } catch (const FileError& error) {
    if (before.is_out_of_place()) before.overwrite();  // it may be there all the same
    return {error.reason(), 0};
  }
  return {0, before.overwrite()};
}

int RunRecords::remove(const RunId& run) const { return erase(file(run)); }

void RunRecords::remove_unfinished(const RunId& run) const {
  constexpr std::size_t kAdded = 7;  // to a name by PrivateFile: a dot and six characters
  const std::string start = to_hex(run) + ".";
  std::vector<fs::path> unfinished;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start) && name.size() == start.size() - 1 + kAdded)
      unfinished.push_back(entry.path());
  }
  for (const fs::path& file : unfinished) erase(file);
}

}  // namespace mixnn
