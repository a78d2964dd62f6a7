#include "mixnn/layers/loss/loss.hpp"

#include <vector>

#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

struct KnownLoss {
  Loss plain;
  Loss (*read)(const JsonValue& json);
};

template <LossKind... Kinds>
std::vector<KnownLoss> known_losses(std::variant<Kinds...>*) {
  return {{Kinds{}, [](const JsonValue& json) -> Loss { return Kinds::from_json(json); }}...};
}

}  // namespace

std::string loss_name(const Loss& loss) {
  return std::visit([](const auto& kind) { return std::string(kind.kName); }, loss);
}

nlohmann::json loss_to_json(const Loss& loss) {
  return std::visit([](const auto& kind) { return kind.to_json(); }, loss);
}

Loss loss_from_json(const JsonValue& json) {
  const JsonValue type = json.is_object() ? json.member("type") : json;
  const std::string name = type.text();
  const std::vector<KnownLoss> all = known_losses(static_cast<Loss*>(nullptr));
  std::string names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string known = loss_name(all[i].plain);
    if (name == known) return json.is_object() ? all[i].read(json) : all[i].plain;
    names += (i == 0 ? "\"" : i + 1 < all.size() ? ", \"" : " or \"") + known + "\"";
  }
  type.fail("must be " + names + ", got \"" + name + "\"");
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

float Criterion::gradient_scale(const Labels& batch) const {
  return 1.0f / static_cast<float>(std::visit(
                    [&](const auto& kind) { return kind.weight(output_, batch); }, loss_));
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
