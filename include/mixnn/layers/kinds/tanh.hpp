#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = tanh x; dx = dy (1 - y^2).
class TanhSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "tanh";
  static TanhSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
};

}  // namespace mixnn
