#include "mixnn/layers/loss/cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mixnn/base/check.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMostClasses = 65536;  // that a label of two bytes can name

// Of one row: an answer for each token, or one.
struct Answers {
  explicit Answers(const Shape& output)
      : classes(static_cast<std::size_t>(output.back())),
        count(static_cast<std::size_t>(element_count(output)) / classes) {}
  std::size_t classes, count;
};

bool are_classes(ElementType type, const Shape& shape, const Answers& answers) {
  return is_integer(type) && static_cast<std::size_t>(element_count(shape)) == answers.count;
}

// Of the logits less the largest; the exponentials stay in `gradient`, if it has room for them.
float sum_of_exponentials(std::span<const float> z, float shift, std::span<float> gradient) {
  float sum = 0;
  if (gradient.empty())
    for (const float logit : z) sum += std::exp(logit - shift);
  else
    for (std::size_t c = 0; c < z.size(); ++c) sum += gradient[c] = std::exp(z[c] - shift);
  return sum;
}

}  // namespace

CrossEntropy CrossEntropy::from_json(const JsonValue& json) {
  json.expect_keys({"type"}, {"label_smoothing", "class_weights"});
  CrossEntropy loss;
  if (json.has("label_smoothing"))
    loss.label_smoothing = json.member("label_smoothing").number(0, 1);
  if (!json.has("class_weights")) return loss;
  for (const JsonValue& item : json.member("class_weights").items(kMostClasses)) {
    loss.class_weights.push_back(item.number(0, std::numeric_limits<float>::infinity()));
    if (loss.class_weights.back() == 0) item.fail("must be above 0, got 0");
  }
  return loss;
}

nlohmann::json CrossEntropy::to_json() const {
  nlohmann::json json = {{"type", kName}};
  if (label_smoothing != 0) json["label_smoothing"] = label_smoothing;
  if (!class_weights.empty()) json["class_weights"] = class_weights;
  return json;
}

std::string CrossEntropy::output_problem(const Shape& output) const {
  const bool known = output.size() == 1 || output.size() == 2;
  if (!known || output.back() < 2 || output.back() > kMostClasses)
    return "the last stage must give 2 to " + std::to_string(kMostClasses) +
           " classes, but gives " + shape_text(output);
  const auto classes = static_cast<std::size_t>(output.back());
  if (class_weights.empty() || class_weights.size() == classes) return {};
  return "the loss has " + std::to_string(class_weights.size()) +
         " class weights, but the model has " + std::to_string(classes) + " classes";
}

std::string CrossEntropy::label_problem(const Table& labels, const Shape& output) const {
  const Answers answers(output);
  if (!are_classes(labels.type(), labels.row_shape(), answers))
    return "labels are " + shape_text(labels.row_shape()) + " of " + to_string(labels.type()) +
           ", but cross_entropy takes the number of a class" +
           (answers.count > 1 ? " for each of " + std::to_string(answers.count) + " tokens" : "");
  for (std::size_t i = 0; i < labels.rows(); ++i)
    for (std::size_t a = 0; a < answers.count; ++a)
      if (const std::size_t label = class_at(labels.type(), labels.rows(i, 1), a);
          label >= answers.classes)
        return "sample " + std::to_string(i) + " has the label " + std::to_string(label) +
               ", but the model has " + std::to_string(answers.classes) + " classes";
  return {};
}

Table CrossEntropy::example_labels(const Shape& output, std::size_t count) const {
  const Answers answers(output);
  std::vector<std::uint16_t> classes;
  for (std::size_t i = 0; i < count * answers.count; ++i)
    classes.push_back(static_cast<std::uint16_t>(i % answers.classes));
  return Table::of(output.size() == 1 ? Shape{} : Shape{output[0]}, classes);
}

double CrossEntropy::weight(const Shape& output, const Labels& labels) const {
  const Answers answers(output);
  if (class_weights.empty()) return static_cast<double>(labels.size() * answers.count);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t a = 0; a < answers.count; ++a)
      sum += class_weights[class_at(labels.type(), labels[i], a)];
  return sum;
}

// The gradient is softmax - one_hot. Subtracting `shift`, the largest logit, changes nothing but
// keeps the exponentials finite.
double CrossEntropy::answer(std::span<const float> z, std::size_t label, float shift,
                            float gradient_scale, std::span<float> g) const {
  const float own = z[label];
  const float sum = sum_of_exponentials(z, shift, g);
  if (!g.empty()) {
    const float factor = gradient_scale / sum;
    for (float& x : g) x *= factor;
    g[label] -= gradient_scale;
  }
  return std::log(static_cast<double>(sum)) - (static_cast<double>(own) - shift);
}

// A target of `spread` x weight on every class, and of `peak` more on the label: the gradient is
// softmax x all of the target - target.
double CrossEntropy::weighed_answer(std::span<const float> z, std::size_t label, float shift,
                                    float gradient_scale, std::span<float> g) const {
  const auto weight_of = [&](std::size_t c) {
    return class_weights.empty() ? 1.0 : static_cast<double>(class_weights[c]);
  };
  const double smoothing = label_smoothing;
  const double spread = smoothing / static_cast<double>(z.size());
  const double peak = (1 - smoothing) * weight_of(label);
  double all = peak, expected = peak * (static_cast<double>(z[label]) - shift);
  for (std::size_t c = 0; c < z.size(); ++c) {
    all += spread * weight_of(c);
    if (spread != 0) expected += spread * weight_of(c) * (static_cast<double>(z[c]) - shift);
  }
  const float sum = sum_of_exponentials(z, shift, g);
  if (!g.empty()) {
    const auto factor = static_cast<float>(gradient_scale * all / sum);
    for (std::size_t c = 0; c < g.size(); ++c)
      g[c] = g[c] * factor - static_cast<float>(gradient_scale * spread * weight_of(c));
    g[label] -= static_cast<float>(gradient_scale * peak);
  }
  return all * std::log(static_cast<double>(sum)) - expected;
}

LossSum CrossEntropy::sum(const Shape& output, std::span<const float> logits, const Labels& labels,
                          float gradient_scale, std::span<float> gradient) const {
  const Answers answers(output);
  const std::size_t classes = answers.classes;
  MIXNN_CHECK(logits.size() == labels.size() * answers.count * classes,
              "logits for every answer of each label");
  MIXNN_CHECK(gradient.empty() || gradient.size() == logits.size(), "size of the gradient");
  MIXNN_CHECK(are_classes(labels.type(), labels.shape(), answers), "labels are numbers of classes");
  LossSum result{.answers = labels.size() * answers.count, .weight = weight(output, labels)};
  for (std::size_t i = 0; i < result.answers; ++i) {
    const std::span<const float> z = logits.subspan(i * classes, classes);
    const std::size_t label = class_at(labels.type(), labels[i / answers.count], i % answers.count);
    MIXNN_CHECK(label < classes, "a label is one of the classes");
    const auto largest = std::max_element(z.begin(), z.end());
    if (static_cast<std::size_t>(largest - z.begin()) == label) ++result.correct;
    const std::span<float> g = gradient.empty() ? gradient : gradient.subspan(i * classes, classes);
    result.loss += is_plain() ? answer(z, label, *largest, gradient_scale, g)
                              : weighed_answer(z, label, *largest, gradient_scale, g);
  }
  return result;
}

}  // namespace mixnn
