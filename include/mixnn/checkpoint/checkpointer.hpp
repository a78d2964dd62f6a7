#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/checkpoint/pace.hpp"
#include "mixnn/checkpoint/store.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

// What the checkpoints of a training have to know of it.
struct CheckpointedTraining {
  struct Stage {
    std::size_t parameters = 0;  // floats
    std::size_t state = 0;       // floats: the parameters first, then what the optimizer keeps
  };
  RunIdentity identity;
  std::vector<Stage> stages;
  OwnStages own;  // of these, written by the owner
  std::size_t epochs = 0;
  std::size_t early_stop = 0;  // train/best_epoch.hpp
};

// The checkpoints of one job: where it goes on from, and what it leaves behind. Holds the folder as
// long as it lives. It calls no one by itself: whoever trains hands in how.
class Checkpointer {
 public:
  // Trains on for at most so many steps; the epoch's result if that ends it (Owner::train_steps).
  using TrainSteps = std::function<std::optional<EpochResult>(std::size_t, const ProgressHook&)>;
  // Has every stage written as the order for its place says (kOwnersPlace: for the owner's own);
  // what was written, by place (Owner::write_shards).
  using OrderFor = std::function<ShardOrder(std::size_t place)>;
  using WriteShards = std::function<std::vector<ShardRecord>(const OrderFor&)>;

  // Looks for a checkpoint. Throws UsageError for all that can be wrong with folder, key and what
  // is found there.
  Checkpointer(const CheckpointOptions& options, CheckpointedTraining training);

  bool resumed() const { return from_.has_value(); }
  bool finished() const;  // nothing is left to train
  // Where a checkpoint stands, if resumed(): the settings that were left open have its values.
  const TrainingPoint& from() const { return from_->manifest.point; }
  const std::vector<Setting>& settings() const { return training_.identity.settings; }
  const std::vector<std::vector<float>>& state() const { return from_->state; }  // by stage
  void forget_state() { from_->state.clear(); }        // once the stages have it
  std::vector<EpochRecord> epochs() const;             // that earlier jobs have trained
  std::vector<std::vector<float>> parameters() const;  // if finished()
  std::uint32_t lives() const;                         // this job's included
  // What a person has to know, once: what was damaged, left alone, or could not be kept.
  std::vector<std::string> take_notes() { return store_.take_notes(); }
  const std::string& lacks() const { return store_.lacks(); }  // what the folder's files lack

  std::optional<EpochResult> train(const TrainSteps& train_steps,
                                   const ProgressHook& progress);  // until the next look
  bool due() const { return pace_.due(); }
  // Throws SaveError; then it is due again after a while.
  void write(const TrainingPoint& point, const std::vector<EpochRecord>& epochs,
             const WriteShards& write_shards);

 private:
  void take_open_settings();
  void check_from();

  CheckpointedTraining training_;
  CheckpointStore store_;
  std::vector<std::size_t> floats_;  // of each stage's state
  // Of every shard, as the largest hosted stage needs, rounded up; of the owner's shard.
  std::size_t chunks_ = 0, own_chunks_ = 0;
  std::optional<Checkpoint> from_;
  SteadyClock clock_;
  CheckpointPace pace_;
};

}  // namespace mixnn
