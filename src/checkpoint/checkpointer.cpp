#include "mixnn/checkpoint/checkpointer.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/train/best_epoch.hpp"

namespace mixnn {

Checkpointer::Checkpointer(const CheckpointOptions& options, CheckpointedTraining training)
    : training_(std::move(training)), store_(options), pace_(options.every, clock_) {
  for (const CheckpointedTraining::Stage& stage : training_.stages) floats_.push_back(stage.state);
  std::size_t largest = 0, own = 0;
  for (std::size_t i = 0; i < floats_.size(); ++i) {
    if (i < training_.own.first || i >= floats_.size() - training_.own.last)
      own += floats_[i];
    else
      largest = std::max(largest, floats_[i]);
  }
  chunks_ = rounded_chunks(shard_chunks(largest));
  own_chunks_ = rounded_chunks(shard_chunks(own));
  from_ = store_.find(training_.identity, floats_);
  if (from_) check_from();
  if (!finished()) store_.open_record();
}

void Checkpointer::check_from() {
  take_open_settings();
  if (from().epoch > training_.epochs || (from().epoch == training_.epochs && from().step > 0))
    throw UsageError("--epochs is " + std::to_string(training_.epochs) +
                     ", but the checkpoint stands " + point_text(from()));
}

void Checkpointer::take_open_settings() {
  for (Setting& setting : training_.identity.settings) {
    const Setting* const saved = find_setting(from_->manifest.identity.settings, setting.name);
    if (setting.open && saved != nullptr) setting.value = saved->value;
  }
}

bool Checkpointer::finished() const {
  if (!resumed()) return false;
  return from().epoch == training_.epochs ||
         (from().step == 0 && stops_early(from_->manifest.epochs, training_.early_stop));
}

std::vector<EpochRecord> Checkpointer::epochs() const {
  return resumed() ? from_->manifest.epochs : std::vector<EpochRecord>{};
}

std::vector<std::vector<float>> Checkpointer::parameters() const {
  std::vector<std::vector<float>> parameters = from_->state;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].resize(training_.stages[i].parameters);
  return parameters;
}

std::uint32_t Checkpointer::lives() const {
  if (!resumed()) return 1;
  return from_->manifest.lives + (finished() ? 0 : 1);
}

std::optional<EpochResult> Checkpointer::train(const TrainSteps& train_steps,
                                               const ProgressHook& progress) {
  const Stopwatch watch;
  std::size_t steps = 0;
  const std::optional<EpochResult> ended =
      train_steps(pace_.steps_ahead(), [&](const Progress& now) {
        ++steps;
        if (progress) progress(now);
      });
  pace_.trained(steps, watch.seconds());
  if (ended) pace_.epoch_ended();
  return ended;
}

void Checkpointer::write(const TrainingPoint& point, const std::vector<EpochRecord>& epochs,
                         const WriteShards& write_shards) {
  Manifest manifest;
  manifest.identity = training_.identity;
  manifest.point = point;
  manifest.epochs = epochs;
  manifest.lives = lives();
  manifest.chunks = chunks_;
  manifest.stages = static_cast<std::uint32_t>(floats_.size() - training_.own.count());
  manifest.own = training_.own;
  manifest.own_chunks = own_chunks_;
  store_.begin();
  const auto order_for = [this](std::size_t place) {
    ShardOrder order;
    order.folder = store_.folder().string();
    order.name = store_.draw_name();
    order.public_key = store_.shard_keys(order.name).public_key;
    order.chunks = static_cast<std::uint32_t>(place == kOwnersPlace ? own_chunks_ : chunks_);
    return order;
  };
  try {
    manifest.shards = write_shards(order_for);
    store_.commit(std::move(manifest), floats_);
  } catch (const SaveError&) {
    store_.abandon();
    pace_.failed();
    throw;
  }
  pace_.written();
}

}  // namespace mixnn
