#include "mixnn/layers/chain.hpp"

#include <algorithm>

#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/fusion.hpp"

namespace mixnn {
namespace {

std::size_t elements(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

std::size_t first_with_parameters(std::span<const LayerSpec> layers, Shape shape) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i]->parameter_count(shape) > 0) return i;
    shape = layers[i]->output_shape(shape);
  }
  return layers.size();
}

// Layers that move nothing are left out.
std::vector<ChainStep> make_steps(std::span<const LayerSpec> layers,
                                  std::span<const std::uint64_t> keys, LayerSetting setting) {
  std::vector<ChainStep> steps;
  const std::size_t first_gradient =
      setting.input_gradient ? 0 : first_with_parameters(layers, setting.input) + 1;
  std::size_t key = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerDescription& layer = *layers[i];
    Shape output = layer.output_shape(setting.input);
    setting.input_gradient = i >= first_gradient;
    setting.key = 0;
    if (layer.draws()) {
      MIXNN_CHECK(key < keys.size(), "a key for each layer that draws");
      setting.key = keys[key++];
    }
    if (auto made = layer.make(setting))
      steps.push_back({std::move(made), elements(setting.input), elements(output),
                       layer.parameter_count(setting.input)});
    setting.input = std::move(output);
  }
  MIXNN_CHECK(key == keys.size(), "a key for each layer that draws");
  return steps;
}

}  // namespace

Chain::Chain(std::span<const LayerSpec> layers, std::span<const std::uint64_t> keys,
             const LayerSetting& setting)
    : steps_(make_steps(layers, keys, setting)) {
  fuse(steps_);
  if (!setting.input_gradient) {
    const auto first = std::ranges::find_if(steps_, [](const auto& s) { return s.parameters > 0; });
    first_backward_ = static_cast<std::size_t>(first - steps_.begin());
    first_gradient_ = first_backward_ + 1;
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Places at;
    const auto floats = [&](std::size_t columns) {
      return reserve(setting.max_rows * columns * sizeof(float));
    };
    if (i + 1 < steps_.size()) at.y = floats(steps_[i].outputs);
    if (i > 0 && wants_dx(i)) at.dx = floats(steps_[i].inputs);
    at.own_bytes = steps_[i].layer->workspace_bytes();
    at.own = reserve(at.own_bytes);
    places_.push_back(at);
  }
}

// From a new cache line on.
std::size_t Chain::reserve(std::size_t bytes) {
  constexpr std::size_t kLine = AlignedBuffer::kAlignment;
  const std::size_t at = workspace_bytes_;
  workspace_bytes_ += (bytes + kLine - 1) / kLine * kLine;
  return at;
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

Matrix Chain::y_of(const LayerCall& call, std::size_t step) const {
  if (step + 1 == steps_.size()) return call.y;
  const std::size_t columns = steps_[step].outputs;
  return as_matrix(call.work<float>(call.y.rows * columns, places_[step].y), call.y.rows, columns);
}

Matrix Chain::dx_of(const LayerCall& call, std::size_t step) const {
  if (!wants_dx(step)) return {};
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
