#pragma once
#include "mixnn/layers/loss/kind.hpp"

namespace mixnn {

// Softmax and cross-entropy, natural logarithm. Outputs are logits, one for each class; a label is
// the number of a class, of one or two bytes. The gradient is softmax - one_hot. A row is correct
// if its largest logit is the label's; of equal ones the first counts.
struct CrossEntropy {
  static constexpr std::string_view kName = "cross_entropy";

  std::string output_problem(const Shape& output) const;
  std::string label_problem(const Table& labels, const Shape& output) const;
  Table example_labels(const Shape& output, std::size_t count) const;
  LossSum sum(const Shape& output, std::span<const float> logits, const Labels& labels,
              float gradient_scale, std::span<float> gradient) const;

  bool operator==(const CrossEntropy&) const = default;
};

}  // namespace mixnn
