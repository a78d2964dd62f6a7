#include "mixnn/app/given_weights.hpp"

#include <optional>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_row.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/saved_checkpoint.hpp"
#include "mixnn/layers/cutting.hpp"
#include "mixnn/train/model_file.hpp"

namespace mixnn {
namespace {

std::vector<std::size_t> parameter_counts(const ModelSpec& model) {
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    counts.push_back(model.stage(i, 1).parameter_count());
  return counts;
}

// In so many stages, the owner's among them; nothing if MODEL says otherwise.
std::optional<ModelSpec> cut_again(ModelSpec model, std::size_t stages) {
  if (model.stages.size() == stages) return model;
  if (!model.cut_open || stages <= model.apart.count()) return std::nullopt;
  const auto begin = model.stages.begin() + static_cast<std::ptrdiff_t>(model.apart.first),
             end = model.stages.end() - static_cast<std::ptrdiff_t>(model.apart.last);
  for (auto stage = begin + 1; stage != end; ++stage)
    begin->insert(begin->end(), stage->begin(), stage->end());
  model.stages.erase(begin + 1, end);
  const auto [layers, input] = open_layers(model);
  const std::size_t count = stages - model.apart.count();
  if (count > most_stages(layers, input)) return std::nullopt;
  cut_into(model, best_cut(layers, input, count));
  return model;
}

// The type of the samples is part of what a training is identified by, and does not matter here.
bool is_of(ModelSpec model, const Manifest& manifest) {
  const float scale = model.input_scale;
  for (const ElementType type :
       {ElementType::kUint8, ElementType::kUint16, ElementType::kFloat32}) {
    model.input_type = type;
    for (const float by : {scale, 1.0f}) {  // 1: they were normalized
      model.input_scale = by;
      if (identity_of(model) == manifest.identity.model) return true;
    }
  }
  return false;
}

void check_normalized(const AppOptions& options, const SavedCheckpoint& saved) {
  const Setting* const was = find_setting(saved.manifest().identity.settings, "--normalize");
  const bool takes = (find_command(options.command).takes & kForSamples) != 0;
  if (was == nullptr || !takes || options.given.contains("--normalize")) return;
  saved.refuse(saved.name() + " was trained on normalized samples: give --normalize " + was->value +
               " here, too, or --normalize none if they are");
}

StageWeights cut_as(const ModelSpec& model, const StageWeights& weights) {
  std::vector<float> all;
  for (const std::vector<float>& stage : weights) all.insert(all.end(), stage.begin(), stage.end());
  StageWeights cut;
  auto at = all.begin();
  for (const std::size_t count : parameter_counts(model)) {
    cut.emplace_back(at, at + static_cast<std::ptrdiff_t>(count));
    at += static_cast<std::ptrdiff_t>(count);
  }
  return cut;
}

}  // namespace

SavedNetwork load_saved(const AppOptions& options, const ModelSpec& written) {
  const SavedCheckpoint saved(options.checkpoint.folder, options.checkpoint.key);
  const std::optional<ModelSpec> cut = cut_again(written, saved.manifest().all_stages());
  if (!cut || !is_of(*cut, saved.manifest()))
    saved.refuse(saved.name() + " is of another network than " + options.model.string());
  check_normalized(options, saved);
  return {*cut, saved.parameters(parameter_counts(*cut)), saved.name(), saved.manifest().point};
}

StageWeights given_weights(const AppOptions& options, const ModelSpec& written,
                           const ModelSpec& model) {
  const OptionSets takes = find_command(options.command).takes;
  const bool saved = (takes & kForSaved) != 0 && !options.checkpoint.folder.empty();
  if (saved && !options.weights.empty())
    throw UsageError("--weights and --checkpoint both say which weights are meant; give one");
  if (saved) return cut_as(model, load_saved(options, written).weights);
  if (!options.weights.empty()) return load_safetensors(options.weights, model);
  if ((takes & kForTrained) != 0)
    throw UsageError(
        "--weights FILE is missing, or --checkpoint DIR: a trained network, such as the "
        "model.safetensors that train --out DIR leaves, or a folder of checkpoints");
  return {};
}

}  // namespace mixnn
