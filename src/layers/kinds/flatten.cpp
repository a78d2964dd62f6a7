#include "mixnn/layers/kinds/flatten.hpp"

namespace mixnn {

extern const LayerKind flatten_kind = kind_of<FlattenSpec>();

FlattenSpec FlattenSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> FlattenSpec::examples() { return {{FlattenSpec(), {2, 3, 4}}}; }

void FlattenSpec::write(nlohmann::json&) const {}

std::string FlattenSpec::shape_problem(const Shape&) const { return {}; }

Shape FlattenSpec::output_shape(const Shape& input) const { return {element_count(input)}; }

std::vector<ParameterTensor> FlattenSpec::parameter_tensors(const Shape&) const { return {}; }

double FlattenSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> FlattenSpec::make(const LayerSetting&) const { return nullptr; }

}  // namespace mixnn
