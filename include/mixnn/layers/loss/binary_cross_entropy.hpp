#pragma once
#include "mixnn/layers/loss/kind.hpp"

namespace mixnn {

// Binary cross-entropy of logits, as PyTorch's BCEWithLogitsLoss: the mean over rows and values. A
// target, for each value, is 0 or 1 as a byte, or a float from 0 to 1. An answer is correct if the
// logit is above 0 where the target is above 1/2, and only there.
struct BinaryCrossEntropy {
  static constexpr std::string_view kName = "binary_cross_entropy";

  static BinaryCrossEntropy from_json(const JsonValue& json);
  nlohmann::json to_json() const;
  std::string output_problem(const Shape&) const { return {}; }
  std::string label_problem(const Table& labels, const Shape& output) const;
  Table example_labels(const Shape& output, std::size_t count) const;
  double weight(const Shape& output, const Labels& labels) const;
  LossSum sum(const Shape& output, std::span<const float> outputs, const Labels& labels,
              float gradient_scale, std::span<float> gradient) const;

  bool operator==(const BinaryCrossEntropy&) const = default;
};

}  // namespace mixnn
