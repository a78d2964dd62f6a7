#include "mixnn/layers/kinds/tanh.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/exponential.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void tanh_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                               float) {
  for (std::size_t i = 0; i < n; ++i) y[i] = hyperbolic_tangent(x[i]);
}

MIXNN_CLONES void tanh_backward(const float*, const float* __restrict y, const float* __restrict dy,
                                float* __restrict dx, std::size_t n, float) {
  for (std::size_t i = 0; i < n; ++i) dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}

}  // namespace

extern const LayerKind tanh_kind = kind_of<TanhSpec>();

TanhSpec TanhSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> TanhSpec::examples() {
  return {{TanhSpec(), {6}}, {TanhSpec(), {2, 3, 4}}};
}

std::unique_ptr<Layer> TanhSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Pointwise>(PointwiseLoops{tanh_forward, tanh_backward}, setting.products);
}

}  // namespace mixnn
