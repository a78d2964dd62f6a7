#pragma once
#include <vector>

#include "mixnn/layers/loss/kind.hpp"

namespace mixnn {

// Softmax and cross-entropy, natural logarithm, as PyTorch's. Outputs are logits, one for each
// class, or so many for each token ([tokens, classes]); a label is the number of a class, or one
// for each token, of one or two bytes. An answer is correct if its largest logit is the label's; of
// equal ones the first counts.
//
// With label smoothing e over K classes a share 1 - e of the target lies on the label and e / K on
// every class. Class weights weigh each class's part of the target; the mean is over the weights of
// the labels.
struct CrossEntropy {
  static constexpr std::string_view kName = "cross_entropy";

  float label_smoothing = 0;
  std::vector<float> class_weights;  // one for each class; empty: all are 1

  static CrossEntropy from_json(const JsonValue& json);
  nlohmann::json to_json() const;
  std::string output_problem(const Shape& output) const;
  std::string label_problem(const Table& labels, const Shape& output) const;
  Table example_labels(const Shape& output, std::size_t count) const;
  double weight(const Shape& output, const Labels& labels) const;
  LossSum sum(const Shape& output, std::span<const float> logits, const Labels& labels,
              float gradient_scale, std::span<float> gradient) const;

  bool operator==(const CrossEntropy&) const = default;

 private:
  bool is_plain() const { return label_smoothing == 0 && class_weights.empty(); }
  // The loss of one answer with the logits z; its gradient goes to g, unless that is empty.
  double answer(std::span<const float> z, std::size_t label, float shift, float gradient_scale,
                std::span<float> g) const;
  double weighed_answer(std::span<const float> z, std::size_t label, float shift,
                        float gradient_scale, std::span<float> g) const;
};

}  // namespace mixnn
