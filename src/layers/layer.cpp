#include "mixnn/layers/layer.hpp"

namespace mixnn {

bool Layer::absorb(const Layer&) { return false; }

void LayerWithoutParameters::bind(std::span<float> parameters, std::span<float> gradients) {
  MIXNN_CHECK(parameters.empty() && gradients.empty(), "this layer has no parameters");
}

}  // namespace mixnn
