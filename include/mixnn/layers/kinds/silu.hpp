#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = x / (1 + e^-x); with s = y / x: dx = dy s (1 + x (1 - s)).
class SiluSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "silu";
  static SiluSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
};

}  // namespace mixnn
