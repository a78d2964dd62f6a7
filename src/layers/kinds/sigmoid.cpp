#include "mixnn/layers/kinds/sigmoid.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/exponential.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void sigmoid_forward(const float* __restrict x, float* __restrict y, std::size_t n,
                                  float) {
  for (std::size_t i = 0; i < n; ++i) y[i] = logistic(x[i]);
}

MIXNN_CLONES void sigmoid_backward(const float*, const float* __restrict y,
                                   const float* __restrict dy, float* __restrict dx, std::size_t n,
                                   float) {
  for (std::size_t i = 0; i < n; ++i) dx[i] = dy[i] * (y[i] * (1.0f - y[i]));
}

}  // namespace

extern const LayerKind sigmoid_kind = kind_of<SigmoidSpec>();

SigmoidSpec SigmoidSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> SigmoidSpec::examples() {
  return {{SigmoidSpec(), {6}}, {SigmoidSpec(), {2, 3, 4}}};
}

std::unique_ptr<Layer> SigmoidSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Pointwise>(PointwiseLoops{sigmoid_forward, sigmoid_backward},
                                     setting.products);
}

}  // namespace mixnn
