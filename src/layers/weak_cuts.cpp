#include "mixnn/layers/weak_cuts.hpp"

#include <algorithm>
#include <cstddef>

namespace mixnn {
namespace {

// One for each layer with parameters; for one made of layers, one for each matrix of them.
std::size_t layers_with_parameters(const std::vector<LayerSpec>& layers, const Shape& input) {
  std::size_t count = 0;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    const std::vector<ParameterTensor> tensors = layer->parameter_tensors(shape);
    const auto matrices = std::ranges::count_if(
        tensors, [](const ParameterTensor& tensor) { return tensor.shape.size() >= 2; });
    if (!tensors.empty()) count += static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, matrices));
  });
  return count;
}

// Of the first layer that computes anything, if it has parameters; else 0: then what it does to
// each value (such as ReLU) comes between.
std::int64_t outputs_of_first(const std::vector<LayerSpec>& layers, const Shape& input) {
  std::int64_t outputs = 0;
  bool first = true;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    const bool has_parameters = layer->parameter_count(shape) > 0;
    LayerSetting setting;
    setting.input = shape;
    setting.max_rows = 1;
    const bool only_moves =
        layer->only_moves() || (!has_parameters && layer->make(setting) == nullptr);
    if (!first || only_moves) return;
    first = false;
    if (has_parameters) outputs = element_count(layer->output_shape(shape));
  });
  return outputs;
}

std::string stage_list(const std::vector<std::size_t>& stages) {
  std::string list;
  for (const std::size_t stage : stages)
    list += (list.empty() ? "" : ", ") + std::to_string(stage + 1);
  return (stages.size() == 1 ? "stage " : "stages ") + list;
}

}  // namespace

WeakCuts weak_cuts(const ModelSpec& model) {
  WeakCuts cuts;
  const std::vector<Shape> boundaries = model.boundaries();
  const std::size_t end = model.own.first + model.hosted_stages();
  for (std::size_t i = model.own.first; i + 1 < model.stages.size() && i < end; ++i) {
    if (i > model.own.first && i + 1 < end &&
        layers_with_parameters(model.stages[i], boundaries[i]) == 1)
      cuts.solvable.push_back(i);
    const std::int64_t outputs = element_count(boundaries[i + 1]);
    const std::int64_t next = outputs_of_first(model.stages[i + 1], boundaries[i + 1]);
    if (next > 0 && next < outputs) cuts.narrowing.push_back({i, outputs, next});
  }
  return cuts;
}

std::vector<std::string> weak_cut_texts(const WeakCuts& cuts) {
  std::vector<std::string> texts;
  for (const std::size_t stage : cuts.solvable)
    texts.push_back("stage " + std::to_string(stage + 1) +
                    " has one layer with parameters, which the hosts around it can solve for; " +
                    "give it more layers");
  for (const WeakCuts::Narrowing& cut : cuts.narrowing)
    texts.push_back("stage " + std::to_string(cut.stage + 1) + " has " +
                    std::to_string(cut.outputs) + " outputs and the layer behind it " +
                    std::to_string(cut.next) + ", which its host can count from gradients; " +
                    "cut before an activation, or where the network does not narrow");
  return texts;
}

std::string weak_cuts_line(const WeakCuts& cuts) {
  std::string line;
  if (!cuts.solvable.empty()) line = stage_list(cuts.solvable) + " can be solved for; ";
  std::vector<std::size_t> narrowing;
  for (const WeakCuts::Narrowing& cut : cuts.narrowing) narrowing.push_back(cut.stage);
  if (!narrowing.empty())
    line +=
        stage_list(narrowing) + (narrowing.size() == 1 ? " sees" : " see") + " the next width; ";
  return line.empty() ? line : line + "see mixnn plan";
}

}  // namespace mixnn
