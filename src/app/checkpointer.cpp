#include "mixnn/app/checkpointer.hpp"

#include <algorithm>

#include "mixnn/app/options/option_names.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/checkpoint/shard.hpp"

namespace mixnn {
namespace {

std::vector<std::size_t> state_floats(const ModelSpec& model, const Optimizer& optimizer) {
  std::vector<std::size_t> floats;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    floats.push_back(model.stage(i, 1, optimizer).state_count());
  return floats;
}

}  // namespace

Checkpointer::Checkpointer(AppOptions& options, const Inputs& inputs)
    : options_(options), store_(options.checkpoint), pace_(options.checkpoint.every, clock_) {
  const std::vector<std::size_t> floats =
      state_floats(inputs.model, options.training.optimizer_for(inputs.model));
  for (std::size_t i = 0; i < floats.size(); ++i)
    parameter_counts_.push_back(inputs.model.stage(i, 1).parameter_count());
  chunks_ = shard_chunks(std::ranges::max(floats));
  identity_ = identity_of(inputs.model, inputs.data, options.training);
  from_ = store_.find(
      identity_, {.seed = !options.seed_given, .micro_batches = options.automatic.micro_batches},
      floats);
  if (!from_) return;
  const TrainingOptions& saved = from_->manifest.identity.training;
  options.training.seed = identity_.training.seed = saved.seed;
  options.training.micro_batches = identity_.training.micro_batches = saved.micro_batches;
  const std::size_t epochs = options.training.epochs;
  if (from().epoch > epochs || (from().epoch == epochs && from().step > 0))
    throw UsageError("--epochs is " + std::to_string(epochs) + ", but the checkpoint stands " +
                     point_text(from()));
}

bool Checkpointer::finished() const {
  return resumed() && from().epoch == options_.training.epochs;
}

std::vector<Record::Epoch> Checkpointer::epochs() const {
  return resumed() ? from_->manifest.epochs : std::vector<Record::Epoch>{};
}

std::vector<std::vector<float>> Checkpointer::parameters() const {
  std::vector<std::vector<float>> parameters = from_->state;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].resize(parameter_counts_[i]);
  return parameters;
}

std::uint32_t Checkpointer::lives() const {
  if (!resumed()) return 1;
  return from_->manifest.lives + (finished() ? 0 : 1);
}

std::string Checkpointer::text() const {
  const std::string every = "every " + to_string(options_.checkpoint.every);
  return options_.checkpoint.folder.string() + ", " + every +
         (resumed() ? "; resumed " + point_text(from()) : "; from the start");
}

SessionFacts Checkpointer::start(Owner& owner) {
  if (!from_) return owner.start();
  const SessionFacts facts = owner.start(from(), from_->state);
  from_->state.clear();
  return facts;
}

std::optional<EpochResult> Checkpointer::train(Owner& owner, const ProgressHook& progress) {
  const Stopwatch watch;
  std::size_t steps = 0;
  const std::optional<EpochResult> ended =
      owner.train_steps(pace_.steps_ahead(), [&](const Progress& now) {
        ++steps;
        if (progress) progress(now);
      });
  pace_.trained(steps, watch.seconds());
  if (ended) pace_.epoch_ended();
  return ended;
}

void Checkpointer::write(Owner& owner, const Record& record) {
  Manifest manifest;
  manifest.identity = identity_;
  manifest.point = owner.point();
  manifest.epochs = record.epochs;
  manifest.lives = lives();
  manifest.chunks = chunks_;
  manifest.shards = owner.write_shards([this](std::size_t) {
    ShardOrder order;
    order.folder = store_.folder().string();
    order.name = store_.draw_name();
    order.public_key = store_.shard_keys(order.name).public_key;
    order.chunks = static_cast<std::uint32_t>(chunks_);
    return order;
  });
  store_.commit(std::move(manifest));
  pace_.written();
}

std::string point_text(const TrainingPoint& point) {
  return "after " + counted(point.epoch, "epoch") + " and " + counted(point.step, "step");
}

}  // namespace mixnn
