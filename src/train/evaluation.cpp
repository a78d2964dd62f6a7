#include "mixnn/train/evaluation.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMostConfused = 1000;  // classes

std::size_t outputs_of_an_answer(const Loss& loss, const Shape& output) {
  return std::holds_alternative<CrossEntropy>(loss) ? static_cast<std::size_t>(output.back()) : 1;
}

std::size_t classes_of(const Loss& loss, std::size_t outputs) {
  if (std::holds_alternative<CrossEntropy>(loss)) return outputs;
  return std::holds_alternative<BinaryCrossEntropy>(loss) ? 2 : 0;
}

}  // namespace

Evaluator::Evaluator(const Loss& loss, const Shape& output, const Table& labels, std::size_t k)
    : loss_(loss),
      criterion_(loss, output),
      labels_(labels),
      classes_(outputs_of_an_answer(loss, output)) {
  if (std::holds_alternative<CrossEntropy>(loss)) k_ = std::min(k, classes_);
  if (const std::size_t classes = classes_of(loss, classes_); classes <= kMostConfused)
    confusion_.assign(classes, std::vector<std::uint64_t>(classes));
}

void Evaluator::add(std::size_t first, std::span<const float> outputs) {
  const std::size_t rows = outputs.size() / criterion_.values();
  const std::size_t answers = criterion_.values() / classes_;
  sum_ += criterion_.sum(outputs, Labels(labels_, first, rows), 0, {});
  samples_ += rows;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < answers; ++i)
      std::visit(
          [&](const auto& kind) {
            add_answer(kind, labels_.rows(first + row, 1), i,
                       outputs.subspan((row * answers + i) * classes_, classes_));
          },
          loss_);
}

// Among the k largest, if fewer than k come before it: larger ones, and equal ones with a smaller
// number.
void Evaluator::add_answer(const CrossEntropy&, ConstBytes labels, std::size_t index,
                           std::span<const float> outputs) {
  const std::size_t label = class_at(labels_.type(), labels, index);
  const float own = outputs[label];
  std::size_t before = 0;
  for (std::size_t c = 0; c < outputs.size(); ++c)
    if (outputs[c] > own || (outputs[c] == own && c < label)) ++before;
  if (before < k_) ++among_k_;
  if (!confusion_.empty()) ++confusion_[label][predicted_class(outputs)];
}

void Evaluator::add_answer(const BinaryCrossEntropy&, ConstBytes labels, std::size_t index,
                           std::span<const float> outputs) {
  const bool label = target_at(labels_.type(), labels, index) >= 0.5f;
  ++confusion_[label ? 1 : 0][outputs[0] > 0 ? 1 : 0];
}

void Evaluator::add_answer(const Mse&, ConstBytes labels, std::size_t index,
                           std::span<const float> outputs) {
  const double target = target_at(labels_.type(), labels, index);
  const double error = static_cast<double>(outputs[0]) - target;
  squares_ += error * error;
  distances_ += std::abs(error);
  targets_ += target;
  target_squares_ += target * target;
  ++values_;
}

Evaluation Evaluator::result() const {
  MIXNN_CHECK(samples_ > 0, "outputs to measure");
  Evaluation all{.samples = samples_, .loss = sum_.mean(), .classes = {}, .values = {}};
  if (const auto accuracy = sum_.accuracy())
    all.classes = Evaluation::Classes{
        .answers = sum_.answers,
        .accuracy = *accuracy,
        .k = k_,
        .top_k = static_cast<double>(among_k_) / static_cast<double>(sum_.answers),
        .confusion = confusion_,
        .perplexity = std::exp(sum_.mean())};
  if (values_ > 0) {
    const auto n = static_cast<double>(values_);
    const double spread = target_squares_ - targets_ * targets_ / n;
    all.values = Evaluation::Values{
        .mse = squares_ / n, .mae = distances_ / n, .r2 = spread > 0 ? 1 - squares_ / spread : 0};
  }
  return all;
}

std::size_t predicted_class(std::span<const float> outputs) {
  return static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) -
                                  outputs.begin());
}

void make_probabilities(std::span<float> outputs) {
  const float shift = *std::max_element(outputs.begin(), outputs.end());
  double sum = 0;
  for (float& x : outputs) sum += x = std::exp(x - shift);
  for (float& x : outputs) x = static_cast<float>(x / sum);
}

}  // namespace mixnn
