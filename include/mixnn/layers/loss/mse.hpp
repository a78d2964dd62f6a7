#pragma once
#include "mixnn/layers/loss/kind.hpp"

namespace mixnn {

// The mean squared error, as PyTorch's: the mean over rows and values. Targets are floats of the
// outputs' shape; no answer is right or wrong.
struct Mse {
  static constexpr std::string_view kName = "mse";

  static Mse from_json(const JsonValue& json);
  nlohmann::json to_json() const;
  std::string output_problem(const Shape&) const { return {}; }
  std::string label_problem(const Table& labels, const Shape& output) const;
  Table example_labels(const Shape& output, std::size_t count) const;
  double weight(const Shape& output, const Labels& labels) const;
  LossSum sum(const Shape& output, std::span<const float> outputs, const Labels& labels,
              float gradient_scale, std::span<float> gradient) const;

  bool operator==(const Mse&) const = default;
};

}  // namespace mixnn
