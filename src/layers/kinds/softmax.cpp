#include "mixnn/layers/kinds/softmax.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/row_parts.hpp"
#include "mixnn/tensor/row_sums.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void softmax_forward(const float* __restrict x, float* __restrict y, std::size_t rows,
                                  std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float largest = largest_of(x, columns);
    for (std::size_t c = 0; c < columns; ++c) y[c] = exponential(x[c] - largest);
    const float factor = 1.0f / sum_of(columns, [y](std::size_t c) { return y[c]; });
    for (std::size_t c = 0; c < columns; ++c) y[c] *= factor;
  }
}

MIXNN_CLONES void softmax_backward(const float* __restrict y, const float* __restrict dy,
                                   float* __restrict dx, std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
    const float sum = sum_of(columns, [y, dy](std::size_t c) { return y[c] * dy[c]; });
    for (std::size_t c = 0; c < columns; ++c) dx[c] = y[c] * (dy[c] - sum);
  }
}

}  // namespace

extern const LayerKind softmax_kind = kind_of<SoftmaxSpec>();

void Softmax::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  each_rows(products_, x.size() / columns_, columns_, [&](std::size_t from, std::size_t rows) {
    softmax_forward(x.data + from * columns_, call.y.data + from * columns_, rows, columns_);
  });
}

void Softmax::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  each_rows(products_, dx.size() / columns_, columns_, [&](std::size_t from, std::size_t rows) {
    const std::size_t at = from * columns_;
    softmax_backward(call.y.data + at, dy.data + at, dx.data + at, rows, columns_);
  });
}

SoftmaxSpec SoftmaxSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> SoftmaxSpec::examples() {
  return {{SoftmaxSpec(), {6}}, {SoftmaxSpec(), {3, 19}}};
}

std::string SoftmaxSpec::shape_problem(const Shape& input) const {
  if (input.size() <= 2) return {};
  return "softmax takes one or two dimensions, but gets " + shape_text(input);
}

std::unique_ptr<Layer> SoftmaxSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Softmax>(static_cast<std::size_t>(setting.input.back()),
                                   setting.products);
}

}  // namespace mixnn
