#include "mixnn/checkpoint/record_keeper.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

std::string cannot_write(const std::filesystem::path& file, int reason) {
  return file.string() + " cannot be written: " + system_reason(reason) + "; so ";
}

constexpr const char* kNotNoticed =
    ", and an older state of --checkpoint that is put back is not noticed";

std::string not_erased(const std::filesystem::path& file, int reason) {
  return file.string() + ": what it held before cannot be overwritten: " + system_reason(reason) +
         "; so what opens checkpoints that are removed may still be found on the disk";
}

}  // namespace

// And not of a folder that this one is a copy of: its checkpoints are to be opened later, too.
bool RecordKeeper::is_of_here(const RunRecord& record) const {
  std::error_code error;
  return record.folder.empty() || record.folder == folder_ ||
         !std::filesystem::exists(record.folder, error);
}

void RecordKeeper::begin_record(std::uint64_t first) {
  Csprng rng;
  rng.fill(record_.run);
  record_.secret = rng.key();
  record_.oldest = first;
}

std::string RecordKeeper::open(const std::optional<RunRecord>& from, std::uint64_t first,
                               const std::set<RunId>& here) {
  for (const RunRecord& other : records_.of_folder(folder_).records)  // of jobs that wrote nothing
    if (other.last == 0 && !here.contains(other.run)) records_.remove(other.run);
  recorded_ = from && is_of_here(*from);
  if (recorded_) {
    record_ = *from;
    records_.remove_unfinished(record_.run);
  } else {
    begin_record(first);
  }
  record_.folder = folder_;
  const std::filesystem::path file = records_.file(record_.run);
  const auto [error, left] = records_.write(record_);
  said_ = error != 0 || left != 0;
  if (error == 0) {
    recorded_ = true;
    return left == 0 ? "" : not_erased(file, left);
  }
  // It may be there all the same, and would then be taken for what opens this training.
  if (!recorded_) {
    records_.remove(record_.run);
    begin_record(first);
  }
  return cannot_write(file, error) +
         (recorded_ ? "what opens checkpoints that are removed stays there"
                    : "the key alone opens every checkpoint, also those that are removed") +
         kNotNoticed;
}

CheckpointKey RecordKeeper::key_of(std::uint64_t number) const {
  if (!recorded_) return key_.sub_key(key_.secret_without_record(record_.run, number));
  RunRecord moved = record_;
  moved.forget_before(number);
  return key_.sub_key(moved.secret);
}

std::string RecordKeeper::keep(std::uint64_t number, const Digest& sha256, std::uint64_t oldest) {
  if (!recorded_) return {};
  record_.last = number;
  record_.last_sha256 = sha256;
  record_.forget_before(oldest);
  const std::filesystem::path file = records_.file(record_.run);
  const auto [error, left] = records_.write(record_);
  const bool says = (error != 0 || left != 0) && !said_;
  said_ = error != 0 || left != 0;
  if (!says) return {};
  if (error == 0) return not_erased(file, left);
  return cannot_write(file, error) + "what opens checkpoints that are removed stays there" +
         kNotNoticed + "; it is tried again with each checkpoint";
}

std::string RecordKeeper::settle_others(const std::set<RunId>& here,
                                        const std::set<RunId>& gone) const {
  std::string said;
  for (const RunId& run : gone) {
    if (here.contains(run)) continue;
    const std::optional<RunRecord> record = records_.read(run).record;
    if (!record || !is_of_here(*record)) continue;
    if (const int error = records_.remove(run)) said = not_erased(records_.file(run), error);
  }
  for (RunRecord& other : records_.of_folder(folder_).records) {
    if (other.run == record_.run || here.contains(other.run)) continue;
    other.folder.clear();  // it may have been moved with its folder
    static_cast<void>(records_.write(other));
  }
  return said;
}

}  // namespace mixnn
