#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/checkpoint/folder.hpp"
#include "mixnn/checkpoint/manifest.hpp"

namespace mixnn {

enum class ResumeMode { kAuto, kNever, kMust };

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
class CheckpointStore {
 public:
  // Throws UsageError for whatever is wrong with folder or key.
  explicit CheckpointStore(const CheckpointOptions& options);

  // The newest good checkpoint; nothing if the training is to begin. `floats`: of each stage's
  // state. Throws UsageError if there are checkpoints but none is good, if the newest that
  // opens is of another model, data or options, or if there has to be one and is none. What was
  // damaged stands in notes(). Clears away what no checkpoint needs.
  std::optional<Checkpoint> find(const RunIdentity& given, const std::vector<std::size_t>& floats);
  const std::vector<std::string>& notes() const { return notes_; }

  // Names for the shards of a new checkpoint, and its key for each.
  ShardName draw_name();
  X25519KeyPair shard_keys(const ShardName& name) const { return key_.shard_keys(name); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::string& lacks() const { return folder_.lacks(); }

  // Seals the manifest of a checkpoint whose shards are written, which makes it one; then removes
  // older ones. Gives it its number. Throws SaveError, also if a shard is not to be seen from
  // here.
  void commit(Manifest manifest);
  // Removes the shards whose names were drawn since the last commit, and no others.
  void abandon();

 private:
  std::optional<Checkpoint> try_open(std::uint64_t number, const RunIdentity& given,
                                     const std::vector<std::size_t>& floats);
  void remove_old();

  CheckpointOptions options_;
  CheckpointFolder folder_;
  CheckpointKey key_;
  std::vector<Manifest> kept_;  // newest first
  std::uint64_t highest_ = 0;
  std::vector<ShardName> drawn_;  // since the last commit
  std::vector<std::string> notes_;
};

}  // namespace mixnn
