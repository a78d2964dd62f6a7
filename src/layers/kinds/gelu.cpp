#include "mixnn/layers/kinds/gelu.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/exponential.hpp"

namespace mixnn {
namespace {

constexpr float kTwiceRoot = 1.59576912f;  // 2 sqrt(2 / pi)
constexpr float kCubic = 0.044715f;

MIXNN_CLONES void gelu_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                               float) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * normal_at(x[i]).below;
}

MIXNN_CLONES void gelu_backward(const float* __restrict x, const float*, const float* __restrict dy,
                                float* __restrict dx, std::size_t n, float) {
  for (std::size_t i = 0; i < n; ++i) {
    const Normal normal = normal_at(x[i]);
    dx[i] = dy[i] * (normal.below + x[i] * normal.density);
  }
}

MIXNN_CLONES void gelu_tanh_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                                    float) {
  for (std::size_t i = 0; i < n; ++i) {
    const float square = x[i] * x[i];
    y[i] = x[i] * logistic(kTwiceRoot * (x[i] * (1.0f + kCubic * square)));
  }
}

MIXNN_CLONES void gelu_tanh_backward(const float* __restrict x, const float*,
                                     const float* __restrict dy, float* __restrict dx,
                                     std::size_t n, float) {
  for (std::size_t i = 0; i < n; ++i) {
    const float square = x[i] * x[i];
    const float s = logistic(kTwiceRoot * (x[i] * (1.0f + kCubic * square)));
    const float slope = kTwiceRoot * (1.0f + 3.0f * kCubic * square);
    dx[i] = dy[i] * (s + x[i] * (s * (1.0f - s)) * slope);
  }
}

}  // namespace

extern const LayerKind gelu_kind = kind_of<GeluSpec>();

GeluSpec GeluSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"approximate"});
  if (!json.has("approximate")) return GeluSpec();
  const JsonValue approximate = json.member("approximate");
  if (approximate.text() == "none") return GeluSpec();
  if (approximate.text() == "tanh") return GeluSpec(Approximate::kTanh);
  approximate.fail("must be \"none\" or \"tanh\", got \"" + approximate.text() + "\"");
}

std::vector<LayerExample> GeluSpec::examples() {
  return {{GeluSpec(), {6}}, {GeluSpec(Approximate::kTanh), {2, 3, 4}}};
}

void GeluSpec::write(nlohmann::json& json) const {
  json["approximate"] = approximate_ == Approximate::kTanh ? "tanh" : "none";
}

std::unique_ptr<Layer> GeluSpec::make(const LayerSetting& setting) const {
  const PointwiseLoops loops = approximate_ == Approximate::kTanh
                                   ? PointwiseLoops{gelu_tanh_forward, gelu_tanh_backward}
                                   : PointwiseLoops{gelu_forward, gelu_backward};
  return std::make_unique<Pointwise>(loops, setting.products);
}

}  // namespace mixnn
