#include "mixnn/layers/kinds/max_pool2d.hpp"

#include "mixnn/layers/image.hpp"

namespace mixnn {

extern const LayerKind max_pool2d_kind = kind_of<MaxPool2dSpec>();

MaxPool2d::MaxPool2d(const Shape& input, const SlidingWindow& window, const LayerSetting& setting)
    : pooling_(channels_of(input), plane_of(input), window),
      workspace_(setting.max_rows * channels_of(input) * window.output(plane_of(input)).pixels() *
                 sizeof(std::uint32_t)),
      products_(setting.products) {}

void MaxPool2d::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  const auto places = call.work<std::uint32_t>(call.y.size());
  products_.parts(x.rows, [&](std::size_t row) {
    pooling_.forward(x.data + row * x.cols, call.y.data + row * call.y.cols,
                     places.data() + row * call.y.cols);
  });
}

void MaxPool2d::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (dx.empty()) return;
  const auto places = call.work<std::uint32_t>(dy.size());
  products_.parts(dx.rows, [&](std::size_t row) {
    pooling_.gradient(dy.data + row * dy.cols, places.data() + row * dy.cols,
                      dx.data + row * dx.cols);
  });
}

MaxPool2dSpec MaxPool2dSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "kernel_size"}, {"stride", "padding", "dilation"});
  const MaxPool2dSpec spec(read_window(json, true, std::nullopt));
  check_pool_padding(json, spec.window_);
  return spec;
}

std::vector<LayerExample> MaxPool2dSpec::examples() {
  return {{MaxPool2dSpec({.kernel = {2, 2}, .stride = {2, 2}}), {2, 5, 4}},
          {MaxPool2dSpec({.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 1}}), {3, 4, 5}},
          {MaxPool2dSpec({.kernel = {2, 2}, .padding = {1, 0}, .dilation = {3, 2}}), {1, 5, 5}}};
}

void MaxPool2dSpec::write(nlohmann::json& json) const { write_window(window_, true, json); }

std::string MaxPool2dSpec::shape_problem(const Shape& input) const {
  if (std::string problem = image_problem(kType, input); !problem.empty()) return problem;
  if (some_windows_empty(plane_of(input), window_))
    return "max_pool2d has windows beside its images " + shape_text(input);
  return window_problem(kType, window_, input, channels_of(input));
}

Shape MaxPool2dSpec::output_shape(const Shape& input) const {
  return image_shape(channels_of(input), window_.output(plane_of(input)));
}

std::vector<ParameterTensor> MaxPool2dSpec::parameter_tensors(const Shape&) const { return {}; }

double MaxPool2dSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> MaxPool2dSpec::make(const LayerSetting& setting) const {
  return std::make_unique<MaxPool2d>(setting.input, window_, setting);
}

}  // namespace mixnn
