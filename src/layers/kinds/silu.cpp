#include "mixnn/layers/kinds/silu.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/exponential.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void silu_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                               float) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * logistic(x[i]);
}

MIXNN_CLONES void silu_backward(const float* __restrict x, const float*, const float* __restrict dy,
                                float* __restrict dx, std::size_t n, float) {
  for (std::size_t i = 0; i < n; ++i) {
    const float s = logistic(x[i]);
    dx[i] = dy[i] * (s * (1.0f + x[i] * (1.0f - s)));
  }
}

}  // namespace

extern const LayerKind silu_kind = kind_of<SiluSpec>();

SiluSpec SiluSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> SiluSpec::examples() {
  return {{SiluSpec(), {6}}, {SiluSpec(), {2, 3, 4}}};
}

std::unique_ptr<Layer> SiluSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Pointwise>(PointwiseLoops{silu_forward, silu_backward}, setting.products);
}

}  // namespace mixnn
