#include "mixnn/layers/kinds/to_sequence.hpp"

namespace mixnn {

extern const LayerKind to_sequence_kind = kind_of<ToSequenceSpec>();

ToSequenceSpec ToSequenceSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> ToSequenceSpec::examples() { return {{ToSequenceSpec(), {2, 3, 4}}}; }

void ToSequenceSpec::write(nlohmann::json&) const {}

std::string ToSequenceSpec::shape_problem(const Shape& input) const {
  if (input.size() == 3) return {};
  return "to_sequence takes channels, height and width, but gets " + shape_text(input);
}

Shape ToSequenceSpec::output_shape(const Shape& input) const {
  return {input[1] * input[2], input[0]};
}

std::vector<ParameterTensor> ToSequenceSpec::parameter_tensors(const Shape&) const { return {}; }

double ToSequenceSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> ToSequenceSpec::make(const LayerSetting&) const { return nullptr; }

}  // namespace mixnn
