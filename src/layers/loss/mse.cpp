#include "mixnn/layers/loss/mse.hpp"

#include <cmath>

#include "mixnn/base/check.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

bool are_floats_of(ElementType type, const Shape& shape, const Shape& output) {
  return type == ElementType::kFloat32 && element_count(shape) == element_count(output);
}

}  // namespace

Mse Mse::from_json(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

nlohmann::json Mse::to_json() const { return {{"type", kName}}; }

std::string Mse::label_problem(const Table& labels, const Shape& output) const {
  if (!are_floats_of(labels.type(), labels.row_shape(), output))
    return "targets are " + shape_text(labels.row_shape()) + " of " + to_string(labels.type()) +
           ", but mse takes float32 of the outputs' shape, " + shape_text(output);
  const auto values = static_cast<std::size_t>(element_count(output));
  for (std::size_t i = 0; i < labels.rows(); ++i)
    for (std::size_t v = 0; v < values; ++v)
      if (!std::isfinite(target_at(labels.type(), labels.rows(i, 1), v)))
        return "sample " + std::to_string(i) + " has a target that is not a finite number";
  return {};
}

Table Mse::example_labels(const Shape& output, std::size_t count) const {
  const auto values = static_cast<std::size_t>(element_count(output));
  return Table::of(output, std::vector<float>(count * values, 0.25f));
}

double Mse::weight(const Shape& output, const Labels& labels) const {
  return static_cast<double>(labels.size()) * static_cast<double>(element_count(output));
}

LossSum Mse::sum(const Shape& output, std::span<const float> outputs, const Labels& labels,
                 float gradient_scale, std::span<float> gradient) const {
  const auto values = static_cast<std::size_t>(element_count(output));
  MIXNN_CHECK(outputs.size() == labels.size() * values, "a row of outputs for each target");
  MIXNN_CHECK(gradient.empty() || gradient.size() == outputs.size(), "size of the gradient");
  MIXNN_CHECK(are_floats_of(labels.type(), labels.shape(), output), "targets are floats");
  LossSum result{.weight = weight(output, labels)};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const ConstBytes targets = labels[i];
    for (std::size_t v = 0; v < values; ++v) {
      const float off = outputs[i * values + v] - target_at(labels.type(), targets, v);
      result.loss += static_cast<double>(off) * off;
      if (!gradient.empty()) gradient[i * values + v] = 2 * gradient_scale * off;
    }
  }
  return result;
}

}  // namespace mixnn
