#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = x P(x), P the standard normal distribution; or, with the approximation "tanh",
// y = x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3), which is PyTorch's
// 0.5 x (1 + tanh u).
class GeluSpec final : public SameShapeDescription {
 public:
  enum class Approximate { kNone, kTanh };

  static constexpr std::string_view kType = "gelu";
  static GeluSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit GeluSpec(Approximate approximate = Approximate::kNone) : approximate_(approximate) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  Approximate approximate_;
};

}  // namespace mixnn
