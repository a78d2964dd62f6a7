#include "mixnn/layers/kinds/leaky_relu.hpp"

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void leaky_relu_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                                     float slope) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}

MIXNN_CLONES void leaky_relu_backward(const float* __restrict x, const float*,
                                      const float* __restrict dy, float* __restrict dx,
                                      std::size_t n, float slope) {
  for (std::size_t i = 0; i < n; ++i) dx[i] = x[i] > 0.0f ? dy[i] : slope * dy[i];
}

}  // namespace

extern const LayerKind leaky_relu_kind = kind_of<LeakyReluSpec>();

LeakyReluSpec LeakyReluSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"negative_slope"});
  return json.has("negative_slope") ? LeakyReluSpec(json.member("negative_slope").number())
                                    : LeakyReluSpec();
}

std::vector<LayerExample> LeakyReluSpec::examples() {
  return {{LeakyReluSpec(), {6}}, {LeakyReluSpec(0.25f), {2, 3, 4}}};
}

void LeakyReluSpec::write(nlohmann::json& json) const { json["negative_slope"] = negative_slope_; }

double LeakyReluSpec::multiplications(const Shape& input) const {
  return static_cast<double>(element_count(input));
}

std::unique_ptr<Layer> LeakyReluSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Pointwise>(PointwiseLoops{leaky_relu_forward, leaky_relu_backward},
                                     setting.products, negative_slope_);
}

}  // namespace mixnn
