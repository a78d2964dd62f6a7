#include "mixnn/layers/loss/cross_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMostClasses = 65536;  // that a label of two bytes can name

std::size_t class_of(ConstBytes label) {
  std::size_t value = 0;
  for (std::size_t i = label.size(); i-- > 0;)
    value = value << 8 | std::to_integer<unsigned>(label[i]);
  return value;
}

bool are_classes(ElementType type, const Shape& shape) {
  return is_integer(type) && element_count(shape) == 1;
}

// One row; its exponentials stay in `gradient`, if it has room for them.
float sum_of_exponentials(std::span<const float> z, float shift, std::span<float> gradient) {
  float sum = 0;
  if (gradient.empty())
    for (const float logit : z) sum += std::exp(logit - shift);
  else
    for (std::size_t c = 0; c < z.size(); ++c) sum += gradient[c] = std::exp(z[c] - shift);
  return sum;
}

}  // namespace

std::string CrossEntropy::output_problem(const Shape& output) const {
  if (output.size() == 1 && output[0] >= 2 && output[0] <= kMostClasses) return {};
  return "the last stage must give 2 to " + std::to_string(kMostClasses) + " classes, but gives " +
         shape_text(output);
}

std::string CrossEntropy::label_problem(const Table& labels, const Shape& output) const {
  if (!are_classes(labels.type(), labels.row_shape()))
    return "labels are " + shape_text(labels.row_shape()) + " of " + to_string(labels.type()) +
           ", but cross_entropy takes the number of a class";
  const auto classes = static_cast<std::size_t>(output[0]);
  for (std::size_t i = 0; i < labels.rows(); ++i)
    if (const std::size_t label = class_of(labels.rows(i, 1)); label >= classes)
      return "sample " + std::to_string(i) + " has the label " + std::to_string(label) +
             ", but the model has " + std::to_string(classes) + " classes";
  return {};
}

Table CrossEntropy::example_labels(const Shape& output, std::size_t count) const {
  std::vector<std::uint16_t> classes;
  for (std::size_t i = 0; i < count; ++i)
    classes.push_back(static_cast<std::uint16_t>(i % static_cast<std::size_t>(output[0])));
  return Table::of({}, classes);
}

LossSum CrossEntropy::sum(const Shape& output, std::span<const float> logits, const Labels& labels,
                          float gradient_scale, std::span<float> gradient) const {
  const auto classes = static_cast<std::size_t>(element_count(output));
  MIXNN_CHECK(logits.size() == labels.size() * classes, "one row of logits for each label");
  MIXNN_CHECK(gradient.empty() || gradient.size() == logits.size(), "size of the gradient");
  MIXNN_CHECK(are_classes(labels.type(), labels.shape()), "labels are numbers of classes");
  LossSum result;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::span<const float> z = logits.subspan(row * classes, classes);
    const std::size_t label = class_of(labels[row]);
    MIXNN_CHECK(label < classes, "a label is one of the classes");
    // Subtracting the largest logit changes nothing but keeps the exponentials finite.
    const auto largest = std::max_element(z.begin(), z.end());
    const float shift = *largest, own = z[label];
    if (static_cast<std::size_t>(largest - z.begin()) == label) ++result.correct;
    const std::span<float> g =
        gradient.empty() ? gradient : gradient.subspan(row * classes, classes);
    const float sum = sum_of_exponentials(z, shift, g);
    result.loss += std::log(static_cast<double>(sum)) - (static_cast<double>(own) - shift);
    if (g.empty()) continue;
    const float factor = gradient_scale / sum;
    for (float& x : g) x *= factor;
    g[label] -= gradient_scale;
  }
  return result;
}

}  // namespace mixnn
