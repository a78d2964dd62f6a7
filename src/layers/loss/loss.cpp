#include "mixnn/layers/loss/loss.hpp"

#include <optional>
#include <vector>

#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

template <LossKind... Kinds>
std::vector<Loss> every_loss(std::variant<Kinds...>*) {
  return {Kinds{}...};
}

}  // namespace

std::string loss_name(const Loss& loss) {
  return std::visit([](const auto& kind) { return std::string(kind.kName); }, loss);
}

Loss loss_from_json(const JsonValue& json) {
  const std::vector<Loss> all = every_loss(static_cast<Loss*>(nullptr));
  std::string known;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (json.text() == loss_name(all[i])) return all[i];
    known += (i == 0 ? "\"" : i + 1 < all.size() ? ", \"" : " or \"") + loss_name(all[i]) + "\"";
  }
  json.fail("must be " + known + ", got \"" + json.text() + "\"");
}

std::string Criterion::output_problem() const {
  return std::visit([&](const auto& kind) { return kind.output_problem(output_); }, loss_);
}

std::string Criterion::label_problem(const Table& labels) const {
  return std::visit([&](const auto& kind) { return kind.label_problem(labels, output_); }, loss_);
}

Table Criterion::example_labels(std::size_t count) const {
  return std::visit([&](const auto& kind) { return kind.example_labels(output_, count); }, loss_);
}

LossSum Criterion::sum(std::span<const float> outputs, const Labels& labels, float gradient_scale,
                       std::span<float> gradient) const {
  return std::visit(
      [&](const auto& kind) {
        return kind.sum(output_, outputs, labels, gradient_scale, gradient);
      },
      loss_);
}

}  // namespace mixnn
