#include "mixnn/layers/kinds/adaptive_avg_pool2d.hpp"

#include "mixnn/layers/image.hpp"
#include "mixnn/layers/kinds/avg_pool2d.hpp"

namespace mixnn {

extern const LayerKind adaptive_avg_pool2d_kind = kind_of<AdaptiveAvgPool2dSpec>();

AdaptiveAvgPool2dSpec AdaptiveAvgPool2dSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "output_size"});
  return AdaptiveAvgPool2dSpec(read_plane(json.member("output_size"), 1));
}

std::vector<LayerExample> AdaptiveAvgPool2dSpec::examples() {
  return {{AdaptiveAvgPool2dSpec({1, 1}), {3, 4, 5}}, {AdaptiveAvgPool2dSpec({2, 3}), {2, 5, 4}}};
}

void AdaptiveAvgPool2dSpec::write(nlohmann::json& json) const {
  json["output_size"] = plane_to_json(output_);
}

std::string AdaptiveAvgPool2dSpec::shape_problem(const Shape& input) const {
  if (std::string problem = image_problem(kType, input); !problem.empty()) return problem;
  return too_many_values(kType, image_shape(channels_of(input), output_));
}

Shape AdaptiveAvgPool2dSpec::output_shape(const Shape& input) const {
  return image_shape(channels_of(input), output_);
}

std::vector<ParameterTensor> AdaptiveAvgPool2dSpec::parameter_tensors(const Shape&) const {
  return {};
}

double AdaptiveAvgPool2dSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> AdaptiveAvgPool2dSpec::make(const LayerSetting& setting) const {
  return std::make_unique<AvgPool2d>(
      AveragePooling(channels_of(setting.input), plane_of(setting.input), output_),
      setting.products);
}

}  // namespace mixnn
