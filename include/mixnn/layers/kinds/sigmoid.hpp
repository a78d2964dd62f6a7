#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = 1 / (1 + e^-x); dx = dy y (1 - y).
class SigmoidSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "sigmoid";
  static SigmoidSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
};

}  // namespace mixnn
