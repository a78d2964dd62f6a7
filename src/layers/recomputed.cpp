#include "mixnn/layers/recomputed.hpp"

#include <algorithm>

namespace mixnn {

Recomputed::Recomputed(std::unique_ptr<Layer> layer, const LayerSetting& setting,
                       std::size_t outputs)
    : layer_(std::move(layer)),
      inputs_(static_cast<std::size_t>(element_count(setting.input))),
      outputs_(outputs),
      wants_dx_(setting.input_gradient) {
  layout_.add(layer_->workspace_bytes());
  dy_ = layout_.add(setting.max_rows * outputs_ * sizeof(float));
  dx_ = layout_.add(wants_dx_ ? setting.max_rows * inputs_ * sizeof(float) : 0);
  shared_ = AlignedBuffer(layout_.bytes());
}

void Recomputed::bind(std::span<float> parameters, std::span<float> gradients) {
  layer_->bind(parameters, gradients);
}

std::size_t Recomputed::scratch_bytes() const { return shared_.size() + layer_->scratch_bytes(); }

LayerCall Recomputed::inner(const LayerCall& call) const {
  return {call.x, call.y, shared_.bytes().first(layer_->workspace_bytes()), call.occasion};
}

bool Recomputed::holds(const LayerCall& call) const { return call.work<Turn>(1)[0] == last_; }

void Recomputed::forward(const LayerCall& call) const {
  call.work<Turn>(1)[0] = ++last_;
  layer_->forward(inner(call));
}

// The gradient of the output as the layer leaves it for its accumulate.
Matrix Recomputed::backward(const LayerCall& call, ConstMatrix dy, Matrix dx) const {
  if (!holds(call)) forward(call);
  const Bytes bytes = shared_.bytes().subspan(dy_, dy.size() * sizeof(float));
  const Matrix copy{reinterpret_cast<float*>(bytes.data()), dy.rows, dy.cols};
  if (gradient_of_ == last_) return copy;
  std::ranges::copy(dy.values(), copy.data);
  layer_->input_gradient(inner(call), copy, dx);
  gradient_of_ = last_;
  return copy;
}

void Recomputed::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  backward(call, dy, dx);
}

void Recomputed::accumulate(const LayerCall& call, ConstMatrix dy) {
  const std::size_t rows = wants_dx_ ? call.y.rows : 0;
  const Bytes bytes = shared_.bytes().subspan(dx_, rows * inputs_ * sizeof(float));
  const Matrix again{reinterpret_cast<float*>(bytes.data()), rows, inputs_};
  layer_->accumulate(inner(call), backward(call, dy, again));
}

}  // namespace mixnn
