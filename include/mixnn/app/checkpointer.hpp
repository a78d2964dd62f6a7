#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/record.hpp"
#include "mixnn/checkpoint/pace.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// The checkpoints of one job: where it goes on from, and what it leaves behind. Holds the folder as
// long as it lives.
class Checkpointer {
 public:
  // Takes the seed of the checkpoint, where there is one and `options` were given none. Throws
  // UsageError for all that can be wrong with folder, key and what is found there.
  Checkpointer(AppOptions& options, const Inputs& inputs);

  bool resumed() const { return from_.has_value(); }
  bool finished() const;  // nothing is left to train
  const TrainingPoint& from() const {
    return from_->manifest.point;
  }                                                    // where resumed() or finished()
  std::vector<Record::Epoch> epochs() const;           // that earlier jobs have trained
  std::vector<std::vector<float>> parameters() const;  // where finished()
  std::uint32_t lives() const;                         // this job's included
  const std::vector<std::string>& notes() const {
    return store_.notes();
  }                          // for the user: what was damaged
  std::string text() const;  // for the heading

  SessionFacts start(Owner& owner);  // from the checkpoint, which it then forgets, or from the seed
  std::optional<EpochResult> train(Owner& owner,
                                   const ProgressHook& progress);  // until the next look
  bool due() const { return pace_.due(); }
  void write(Owner& owner, const Record& record);

 private:
  const AppOptions& options_;
  CheckpointStore store_;
  RunIdentity identity_;
  std::vector<std::size_t> parameter_counts_;  // by stage
  std::size_t chunks_ = 0;                     // of every shard: as the largest stage needs
  std::optional<Checkpoint> from_;
  SteadyClock clock_;
  CheckpointPace pace_;
};

std::string point_text(const TrainingPoint& point);  // "after 1 epoch and 5 steps"

}  // namespace mixnn
