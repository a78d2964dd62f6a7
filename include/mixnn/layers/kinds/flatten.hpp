#pragma once
#include "mixnn/layers/layer.hpp"

namespace mixnn {

// (rows, a, b, ...) -> (rows, a * b * ...). In row-major order that moves no value, so a stage
// leaves this layer out, unless it has no other: then it copies.
class Flatten final : public Layer {
 public:
  void forward(ConstMatrix x, Matrix y) const override;
  void input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const override;
};

std::string shape_problem(const FlattenSpec& layer, const Shape& input);
Shape output_shape(const FlattenSpec& layer, const Shape& input);
std::vector<ParameterTensor> parameter_tensors(const FlattenSpec& layer,
                                               const Shape& input);  // none
FlattenSpec flatten_from_json(const JsonValue& json);
nlohmann::json layer_to_json(const FlattenSpec& layer);

}  // namespace mixnn
