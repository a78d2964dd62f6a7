#pragma once
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/checkpoint/inventory.hpp"
#include "mixnn/checkpoint/record_keeper.hpp"

namespace mixnn {

enum class ResumeMode {
  kAuto,   // from the newest checkpoint, if there is one
  kNever,  // the training is begun anew
  kMust,
  kOlder,  // as kMust, also from an older one than was written last
};

// Where and how often a run is checkpointed: see the options of the same names.
struct CheckpointOptions {
  std::filesystem::path folder;  // empty: not at all
  std::filesystem::path key;     // empty: the default
  struct Interval {
    enum class Unit { kMinutes, kEpochs, kBatches } unit = Unit::kMinutes;
    std::size_t count = 10;
  } every;
  std::size_t keep = 2;
  ResumeMode resume = ResumeMode::kAuto;
};

// A checkpoint that was found good: every shard is there, untouched, and of this model.
struct Checkpoint {
  Manifest manifest;
  std::vector<std::vector<float>> state;  // by stage: parameters, then the optimizer's
};

// The owner's view of a folder of checkpoints. Holds the folder's lock as long as it lives.
//
// In the folder is what hosts and others may have put there. What this key does not open is left
// alone, with every shard that might be its; that is said. Beside the key is the record of the
// training (run_record.hpp): what opens its checkpoints, and which was written last.
//
// A checkpoint is written in this order, so that a crash between two steps never loses the newest:
// shards, each then opened and held against its host's report; manifest; older ones removed;
// record, in which then nothing is left that opens those.
class CheckpointStore {
 public:
  // Throws UsageError for whatever is wrong with folder or key.
  explicit CheckpointStore(const CheckpointOptions& options);

  // The newest good checkpoint; nothing if the training is to begin. `floats`: of each stage's
  // state. Throws UsageError if there are checkpoints but none is good; if the newest that opens is
  // of another model, data or options; if there has to be one and is none; or if it is older than
  // the last that was written, and that one is not there. Clears away what no checkpoint needs.
  std::optional<Checkpoint> find(const RunIdentity& given, const std::vector<std::size_t>& floats);
  // What a person has to know, once: damaged files, those that are left alone, no record.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  // Before the first checkpoint of a job: makes the record, or sees that it can be written.
  void open_record();
  // Begins a checkpoint. From then on: names for its shards, and the key for each.
  void begin();
  ShardName draw_name();
  X25519KeyPair shard_keys(const ShardName& name) const { return key_of_next_->shard_keys(name); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::string& lacks() const { return folder_.lacks(); }

  // Seals the manifest of the checkpoint whose shards are written, which makes it one; then removes
  // older ones. Gives it its run and number. `floats`: of each stage's state. Throws SaveError,
  // also if a shard is not to be seen from here or is not what it should be; then older ones are as
  // they were.
  void commit(Manifest manifest, const std::vector<std::size_t>& floats);
  // Removes the shards whose names were drawn since then, and no others.
  void abandon();

 private:
  struct Tried {
    std::optional<Checkpoint> checkpoint;
    std::string problem;  // if there is none
  };
  struct Found {
    std::optional<Checkpoint> checkpoint;
    Digest sha256{};  // of its manifest
  };
  Tried try_open(const Manifest& manifest, const RunIdentity& given,
                 const std::vector<std::size_t>& floats);
  Found newest_good(const Inventory& inventory, const RunIdentity& given,
                    const std::vector<std::size_t>& floats);
  void check_newest(const Inventory& inventory, const Found& found, std::vector<RunRecord> records);
  void note_what_is_left_alone(const Inventory& inventory, const Found& found);
  void check_shards(const Manifest& manifest, const std::vector<std::size_t>& floats) const;
  void remove_old();
  void keep_record(const Digest& sha256);
  void note(const std::string& text);
  [[noreturn]] void refuse(const std::string& why) const;

  CheckpointOptions options_;
  CheckpointFolder folder_;
  CheckpointKey key_;
  RunRecords records_;
  RunKeys keys_;
  RecordKeeper keeper_;
  std::vector<Manifest> kept_, old_;  // newest first; those that are to be removed
  std::set<RunId> seen_;              // runs that have or had a checkpoint here
  std::uint64_t highest_ = 0;         // number that is known to have been used
  std::optional<RunRecord> from_;     // of the checkpoint that was found
  std::uint64_t next_ = 0;            // number of the one that is being written
  std::optional<CheckpointKey> key_of_next_;
  std::vector<ShardName> drawn_;  // since the last commit
  std::vector<std::string> notes_;
};

}  // namespace mixnn
