#pragma once
#include <set>
#include <string>

#include "mixnn/checkpoint/key.hpp"
#include "mixnn/checkpoint/run_record.hpp"

namespace mixnn {

// The record of the training that is being written, and those of others that were in its folder.
// If none can be kept, as beside a key on a read-only file system, the training goes on without,
// and what is lost by that is said.
class RecordKeeper {
 public:
  RecordKeeper(const CheckpointKey& key, const RunRecords& records, std::string folder)
      : key_(key), records_(records), folder_(std::move(folder)) {}

  // Once, before the first checkpoint of a job. `from`: of the training that goes on. If it has
  // none, or the folder is a copy of another, a new one begins with the checkpoint `first`. `here`:
  // trainings with a checkpoint in the folder. Returns what has to be said, or nothing.
  std::string open(const std::optional<RunRecord>& from, std::uint64_t first,
                   const std::set<RunId>& here);
  const RunId& run() const { return record_.run; }
  CheckpointKey key_of(std::uint64_t number) const;
  // A checkpoint is written, and `oldest` the oldest of this training that is left. What has to be
  // said, or nothing.
  std::string keep(std::uint64_t number, const Digest& sha256, std::uint64_t oldest);
  // `here`: trainings with a checkpoint in the folder; `gone`: those whose last one was removed.
  // What has to be said, or nothing.
  std::string settle_others(const std::set<RunId>& here, const std::set<RunId>& gone) const;

 private:
  void begin_record(std::uint64_t first);
  bool is_of_here(const RunRecord& record) const;

  const CheckpointKey& key_;
  const RunRecords& records_;
  std::string folder_;
  RunRecord record_;
  bool recorded_ = false;  // on the disk, if perhaps as it was before
  bool said_ = false;      // that it cannot be written
};

}  // namespace mixnn
