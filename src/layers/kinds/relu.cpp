#include "mixnn/layers/kinds/relu.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

extern const LayerKind relu_kind = kind_of<ReluSpec>();

void Relu::forward(const LayerCall& call) const { relu(call.x.floats().values(), call.y.values()); }

void Relu::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (!dx.empty()) relu_mask(call.y.values(), dy.values(), dx.values());
}

ReluSpec ReluSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> ReluSpec::examples() {
  return {{ReluSpec(), {6}}, {ReluSpec(), {2, 3, 4}}};
}

void ReluSpec::write(nlohmann::json&) const {}

std::string ReluSpec::shape_problem(const Shape&) const { return {}; }

Shape ReluSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> ReluSpec::parameter_tensors(const Shape&) const { return {}; }

double ReluSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> ReluSpec::make(const LayerSetting&) const {
  return std::make_unique<Relu>();
}

}  // namespace mixnn
