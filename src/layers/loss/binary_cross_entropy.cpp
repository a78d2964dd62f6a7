#include "mixnn/layers/loss/binary_cross_entropy.hpp"

#include <cmath>

#include "mixnn/base/check.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

bool are_targets_of(ElementType type, const Shape& shape, const Shape& output) {
  return (type == ElementType::kUint8 || type == ElementType::kFloat32) &&
         element_count(shape) == element_count(output);
}

}  // namespace

BinaryCrossEntropy BinaryCrossEntropy::from_json(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

nlohmann::json BinaryCrossEntropy::to_json() const { return {{"type", kName}}; }

std::string BinaryCrossEntropy::label_problem(const Table& labels, const Shape& output) const {
  if (!are_targets_of(labels.type(), labels.row_shape(), output))
    return "targets are " + shape_text(labels.row_shape()) + " of " + to_string(labels.type()) +
           ", but binary_cross_entropy takes uint8 or float32 of the outputs' shape, " +
           shape_text(output);
  const auto values = static_cast<std::size_t>(element_count(output));
  for (std::size_t i = 0; i < labels.rows(); ++i)
    for (std::size_t v = 0; v < values; ++v)
      if (const float target = target_at(labels.type(), labels.rows(i, 1), v);
          !(target >= 0 && target <= 1))
        return "sample " + std::to_string(i) + " has a target that is not from 0 to 1";
  return {};
}

Table BinaryCrossEntropy::example_labels(const Shape& output, std::size_t count) const {
  const auto values = static_cast<std::size_t>(element_count(output));
  std::vector<std::uint8_t> targets(count * values);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = i % 2;
  return Table::of(output, targets);
}

double BinaryCrossEntropy::weight(const Shape& output, const Labels& labels) const {
  return static_cast<double>(labels.size()) * static_cast<double>(element_count(output));
}

// log(1 + exp(z)) - target * z, by exponentials of numbers up to 0 alone, which are finite.
LossSum BinaryCrossEntropy::sum(const Shape& output, std::span<const float> outputs,
                                const Labels& labels, float gradient_scale,
                                std::span<float> gradient) const {
  const auto values = static_cast<std::size_t>(element_count(output));
  MIXNN_CHECK(outputs.size() == labels.size() * values, "a row of outputs for each target");
  MIXNN_CHECK(gradient.empty() || gradient.size() == outputs.size(), "size of the gradient");
  MIXNN_CHECK(are_targets_of(labels.type(), labels.shape(), output), "targets are 0 or 1");
  LossSum result{.answers = outputs.size(), .weight = weight(output, labels)};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const ConstBytes targets = labels[i];
    for (std::size_t v = 0; v < values; ++v) {
      const float z = outputs[i * values + v], target = target_at(labels.type(), targets, v);
      if ((z > 0) == (target > 0.5f)) ++result.correct;
      const float small = std::exp(-std::abs(z));
      result.loss += (z > 0 ? static_cast<double>(z) : 0.0) - static_cast<double>(z) * target +
                     std::log1p(static_cast<double>(small));
      if (!gradient.empty())
        gradient[i * values + v] = gradient_scale * ((z > 0 ? 1 : small) / (1 + small) - target);
    }
  }
  return result;
}

}  // namespace mixnn
