#include "mixnn/layers/chain.hpp"

#include <algorithm>

#include "mixnn/layers/fusion.hpp"

namespace mixnn {
namespace {

std::size_t elements(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

// Layers that move nothing are left out. If the chain's input gradient is not wanted, none is up to
// the first layer with parameters.
std::vector<ChainStep> make_steps(std::span<const LayerSpec> layers,
                                  std::span<const std::uint64_t> keys, LayerSetting setting) {
  std::vector<ChainStep> steps;
  auto key = keys.begin();
  for (const LayerSpec& layer : layers) {
    Shape output = layer->output_shape(setting.input);
    const std::size_t parameters = layer->parameter_count(setting.input);
    MIXNN_CHECK(!layer->draws() || key != keys.end(), "a key for each layer that draws");
    setting.key = layer->draws() ? *key++ : 0;
    if (auto made = layer->make(setting))
      steps.push_back({std::move(made), elements(setting.input), elements(output), parameters,
                       setting.input_gradient});
    if (parameters > 0) setting.input_gradient = true;
    setting.input = std::move(output);
  }
  MIXNN_CHECK(key == keys.end(), "a key for each layer that draws");
  return steps;
}

}  // namespace

Chain::Chain(std::span<const LayerSpec> layers, std::span<const std::uint64_t> keys,
             const LayerSetting& setting)
    : steps_(make_steps(layers, keys, setting)) {
  fuse(steps_);
  while (!setting.input_gradient && first_backward_ < steps_.size() &&
         steps_[first_backward_].parameters == 0)
    ++first_backward_;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Places at;
    const auto floats = [&](std::size_t columns) {
      return layout_.add(setting.max_rows * columns * sizeof(float));
    };
    if (i + 1 < steps_.size()) at.y = floats(steps_[i].outputs);
    if (i > 0 && steps_[i].wants_dx) at.dx = floats(steps_[i].inputs);
    at.own_bytes = steps_[i].layer->workspace_bytes();
    at.own = layout_.add(at.own_bytes);
    places_.push_back(at);
  }
}

void Chain::bind(std::span<float> parameters, std::span<float> gradients) {
  std::size_t bound = 0;
  for (ChainStep& step : steps_) {
    step.layer->bind(parameters.subspan(bound, step.parameters),
                     gradients.subspan(bound, step.parameters));
    bound += step.parameters;
  }
  MIXNN_CHECK(bound == parameters.size(), "layers and specification agree on the parameters");
}

std::size_t Chain::scratch_bytes() const {
  std::size_t bytes = 0;
  for (const ChainStep& step : steps_) bytes += step.layer->scratch_bytes();
  return bytes;
}

Matrix Chain::y_of(const LayerCall& call, std::size_t step) const {
  if (step + 1 == steps_.size()) return call.y;
  const std::size_t columns = steps_[step].outputs;
  return as_matrix(call.work<float>(call.y.rows * columns, places_[step].y), call.y.rows, columns);
}

Matrix Chain::dx_of(const LayerCall& call, std::size_t step) const {
  if (!steps_[step].wants_dx) return {};
  const std::size_t columns = steps_[step].inputs;
  return as_matrix(call.work<float>(call.y.rows * columns, places_[step].dx), call.y.rows, columns);
}

LayerCall Chain::call_of(const LayerCall& call, std::size_t step) const {
  const Places& at = places_[step];
  return {step == 0 ? call.x : LayerInput(y_of(call, step - 1)), y_of(call, step),
          call.workspace.subspan(at.own, at.own_bytes), call.occasion};
}

void Chain::forward(const LayerCall& call) const {
  if (steps_.empty()) std::ranges::copy(call.x.floats().values(), call.y.data);
  for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i].layer->forward(call_of(call, i));
}

void Chain::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (steps_.empty() && !dx.empty()) std::ranges::copy(dy.values(), dx.data);
  for (std::size_t i = steps_.size(); i-- > first_backward_;) {
    const Matrix before = i == 0 ? dx : dx_of(call, i);
    steps_[i].layer->input_gradient(call_of(call, i), dy, before);
    dy = before;
  }
}

void Chain::accumulate(const LayerCall& call, ConstMatrix dy) {
  for (std::size_t i = first_backward_; i < steps_.size(); ++i)
    steps_[i].layer->accumulate(call_of(call, i),
                                i + 1 == steps_.size() ? dy : ConstMatrix(dx_of(call, i + 1)));
}

}  // namespace mixnn
