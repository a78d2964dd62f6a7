#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = x where x > 0, else negative_slope * x.
class LeakyReluSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "leaky_relu";
  static LeakyReluSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit LeakyReluSpec(float negative_slope = 0.01f) : negative_slope_(negative_slope) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  float negative_slope_;
};

}  // namespace mixnn
