#include "mixnn/app/checkpoints.hpp"

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {
namespace {

constexpr const char* kOptimizerSetting = "the optimizer";  // of MODEL

std::vector<CheckpointedTraining::Stage> stages_of(const Inputs& inputs,
                                                   const TrainingOptions& training) {
  const ModelSpec& model = inputs.model;
  std::vector<CheckpointedTraining::Stage> stages;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    StageSpec spec = model.stage(i, 1, training.optimizer_for(model));
    spec.stale_epoch = training.stale_epoch(inputs.data.train.count());
    stages.push_back({.parameters = spec.parameter_count(), .state = spec.state_count()});
  }
  return stages;
}

}  // namespace

std::vector<Setting> settings_of(const AppOptions& options) {
  std::vector<Setting> settings;
  for (const OptionRow& row : option_table())
    if (row.bits && row.bits->now(options) && row.applies(options))
      settings.push_back({.name = row.flag,
                          .value = row.value.print(options),
                          .open = row.open && row.open->get(options),
                          .hint = row.bits->hint});
  if (options.optimizer)
    settings.push_back(
        {.name = kOptimizerSetting, .value = optimizer_to_json(*options.optimizer).dump()});
  return settings;
}

void take_open_settings(const std::vector<Setting>& settings, AppOptions& options) {
  for (const Setting& setting : settings)
    if (setting.open) option_row(setting.name).value.parse({setting.name, setting.value}, options);
}

std::unique_ptr<Checkpointer> open_checkpoints(AppOptions& options, const Inputs& inputs) {
  CheckpointedTraining training;
  training.identity = identity_of(inputs.model, inputs.data, settings_of(options));
  if (!inputs.weights.empty())
    training.identity.settings.push_back(
        {.name = "--weights", .value = "sha256 " + parameters_sha256(inputs.weights)});
  training.stages = stages_of(inputs, options.training);
  training.own = inputs.model.own;
  training.epochs = options.training.epochs;
  training.early_stop = options.early_stop;
  auto checkpoints = std::make_unique<Checkpointer>(options.checkpoint, std::move(training));
  if (checkpoints->resumed()) take_open_settings(checkpoints->settings(), options);
  return checkpoints;
}

std::string checkpoints_text(const AppOptions& options, const Checkpointer& checkpoints) {
  return options.checkpoint.folder.string() + ", every " +
         option_row("--checkpoint-every").value.print(options) +
         (checkpoints.resumed() ? "; resumed " + point_text(checkpoints.from())
                                : "; from the start") +
         (checkpoints.lacks().empty() ? "" : "; held by a file, without " + checkpoints.lacks());
}

}  // namespace mixnn
