#include "mixnn/layers/kinds/flatten.hpp"

#include <algorithm>

namespace mixnn {

void Flatten::forward(ConstMatrix x, Matrix y) const { std::ranges::copy(x.values(), y.data); }

void Flatten::input_gradient(ConstMatrix, Matrix dy, Matrix dx) const {
  if (!dx.empty()) std::ranges::copy(dy.values(), dx.data);
}

std::string shape_problem(const FlattenSpec&, const Shape&) { return {}; }

Shape output_shape(const FlattenSpec&, const Shape& input) { return {element_count(input)}; }

std::vector<ParameterTensor> parameter_tensors(const FlattenSpec&, const Shape&) { return {}; }

FlattenSpec flatten_from_json(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

nlohmann::json layer_to_json(const FlattenSpec&) { return {{"type", "flatten"}}; }

}  // namespace mixnn
