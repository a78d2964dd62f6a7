#pragma once
#include "mixnn/layers/layer.hpp"

namespace mixnn {

// y = max(0, x) for inputs of any shape; dx = dy where y > 0, else 0. Directly after a linear layer
// a stage lets that layer do this in its own pass over y.
class Relu final : public Layer {
 public:
  void forward(ConstMatrix x, Matrix y) const override;
  void input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const override;
};

std::string shape_problem(const ReluSpec& layer, const Shape& input);
Shape output_shape(const ReluSpec& layer, const Shape& input);
std::vector<ParameterTensor> parameter_tensors(const ReluSpec& layer, const Shape& input);  // none
ReluSpec relu_from_json(const JsonValue& json);
nlohmann::json layer_to_json(const ReluSpec& layer);

}  // namespace mixnn
