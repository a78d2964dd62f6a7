#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

void Pointwise::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  MIXNN_CHECK(x.size() == call.y.size(), "a value for each value");
  products_.each(x.size(), [&](std::size_t from, std::size_t count) {
    loops_.forward(x.data + from, call.y.data + from, count, setting_);
  });
}

void Pointwise::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (dx.empty()) return;
  const ConstMatrix x = call.x.floats();
  MIXNN_CHECK(x.size() == dx.size() && dy.size() == dx.size(), "a gradient for each value");
  products_.each(dx.size(), [&](std::size_t from, std::size_t count) {
    loops_.backward(x.data + from, call.y.data + from, dy.data + from, dx.data + from, count,
                    setting_);
  });
}

void SameShapeDescription::write(nlohmann::json&) const {}

std::string SameShapeDescription::shape_problem(const Shape&) const { return {}; }

Shape SameShapeDescription::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> SameShapeDescription::parameter_tensors(const Shape&) const {
  return {};
}

double SameShapeDescription::multiplications(const Shape& input) const {
  constexpr double kOfAPolynomial = 16;
  return kOfAPolynomial * static_cast<double>(element_count(input));
}

}  // namespace mixnn
