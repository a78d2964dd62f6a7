#include "mixnn/layers/kinds/avg_pool2d.hpp"

#include "mixnn/layers/image.hpp"

namespace mixnn {

extern const LayerKind avg_pool2d_kind = kind_of<AvgPool2dSpec>();

void AvgPool2d::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  products_.parts(x.rows, [&](std::size_t row) {
    pooling_.forward(x.data + row * x.cols, call.y.data + row * call.y.cols);
  });
}

void AvgPool2d::input_gradient(const LayerCall&, Matrix dy, Matrix dx) const {
  if (dx.empty()) return;
  products_.parts(dx.rows, [&](std::size_t row) {
    pooling_.gradient(dy.data + row * dy.cols, dx.data + row * dx.cols);
  });
}

AvgPool2dSpec AvgPool2dSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "kernel_size"}, {"stride", "padding", "count_include_pad"});
  const SlidingWindow window = read_window(json, false, std::nullopt);
  check_pool_padding(json, window);
  return {window, !json.has("count_include_pad") || json.member("count_include_pad").boolean()};
}

std::vector<LayerExample> AvgPool2dSpec::examples() {
  return {
      {AvgPool2dSpec({.kernel = {2, 2}, .stride = {2, 2}}, true), {2, 5, 4}},
      {AvgPool2dSpec({.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 1}}, true), {3, 4, 5}},
      {AvgPool2dSpec({.kernel = {3, 3}, .stride = {2, 1}, .padding = {1, 1}}, false), {1, 4, 3}}};
}

void AvgPool2dSpec::write(nlohmann::json& json) const {
  write_window(window_, false, json);
  json["count_include_pad"] = count_include_pad_;
}

std::string AvgPool2dSpec::shape_problem(const Shape& input) const {
  if (std::string problem = image_problem(kType, input); !problem.empty()) return problem;
  return window_problem(kType, window_, input, channels_of(input));
}

Shape AvgPool2dSpec::output_shape(const Shape& input) const {
  return image_shape(channels_of(input), window_.output(plane_of(input)));
}

std::vector<ParameterTensor> AvgPool2dSpec::parameter_tensors(const Shape&) const { return {}; }

double AvgPool2dSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> AvgPool2dSpec::make(const LayerSetting& setting) const {
  return std::make_unique<AvgPool2d>(
      AveragePooling(channels_of(setting.input), plane_of(setting.input), window_,
                     count_include_pad_),
      setting.products);
}

}  // namespace mixnn
