#include "mixnn/layers/kinds/relu.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

void Relu::forward(ConstMatrix x, Matrix y) const { relu(x.values(), y.values()); }

void Relu::input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const {
  if (!dx.empty()) relu_mask(y.values(), dy.values(), dx.values());
}

std::string shape_problem(const ReluSpec&, const Shape&) { return {}; }

Shape output_shape(const ReluSpec&, const Shape& input) { return input; }

std::vector<ParameterTensor> parameter_tensors(const ReluSpec&, const Shape&) { return {}; }

ReluSpec relu_from_json(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

nlohmann::json layer_to_json(const ReluSpec&) { return {{"type", "relu"}}; }

}  // namespace mixnn
