#include "mixnn/layers/kinds/sequential.hpp"

#include "mixnn/layers/chain.hpp"
#include "mixnn/layers/composite.hpp"
#include "mixnn/layers/kinds/dropout.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/recomputed.hpp"

namespace mixnn {

extern const LayerKind sequential_kind = kind_of<SequentialSpec>();

SequentialSpec SequentialSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "layers"}, {"recompute"});
  SequentialSpec spec(nested_layers(json, "layers"));
  if (json.has("recompute")) spec.recompute_ = json.member("recompute").boolean();
  return spec;
}

std::vector<LayerExample> SequentialSpec::examples() {
  const std::vector<LayerSpec> layers{LinearSpec(4), ReluSpec(), DropoutSpec(), LinearSpec(3)};
  return {{SequentialSpec(layers), {5}}, {SequentialSpec(layers, true), {2, 6}}};
}

void SequentialSpec::write(nlohmann::json& json) const {
  json["layers"] = layers_to_json(layers_);
  json["recompute"] = recompute_;
}

std::string SequentialSpec::shape_problem(const Shape& input) const {
  return nested_problem(layers_, "layers", input);
}

Shape SequentialSpec::output_shape(const Shape& input) const {
  return mixnn::output_shape(layers_, input);
}

std::vector<ParameterTensor> SequentialSpec::parameter_tensors(const Shape& input) const {
  return nested_tensors(layers_, "", input);
}

double SequentialSpec::multiplications(const Shape& input) const {
  return nested_multiplications(layers_, input);
}

bool SequentialSpec::draws() const { return any_draws(layers_); }

std::unique_ptr<Layer> SequentialSpec::make(const LayerSetting& setting) const {
  auto chain = std::make_unique<Chain>(layers_, layer_keys(layers_, setting.key), setting);
  if (!recompute_) return chain;
  const Shape output = output_shape(setting.input);
  return std::make_unique<Recomputed>(std::move(chain), setting,
                                      static_cast<std::size_t>(element_count(output)));
}

}  // namespace mixnn
