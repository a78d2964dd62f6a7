#include "mixnn/layers/optimizer/optimizer.hpp"

#include <algorithm>
#include <optional>

#include "mixnn/base/text.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

// Tries one kind after the other; `known` collects their names.
template <OptimizerKind... Kinds>
std::optional<Optimizer> read_kind(std::variant<Kinds...>*, const std::string& name,
                                   const JsonValue& json, std::string& known) {
  std::optional<Optimizer> found;
  const auto try_kind = [&]<class Kind>(Kind*) {
    known += (known.empty() ? "" : ", ") + std::string(Kind::kName);
    if (name == Kind::kName) found = Kind::from_json(json);
  };
  (try_kind(static_cast<Kinds*>(nullptr)), ...);
  return found;
}

}  // namespace

std::string optimizer_name(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return std::string(kind.kName); }, optimizer);
}

std::size_t optimizer_slots(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.slots(); }, optimizer);
}

Optimizer optimizer_from_json(const JsonValue& json) {
  const JsonValue type = json.member("type");
  const std::string name = type.text();
  std::string known;
  const auto found = read_kind(static_cast<Optimizer*>(nullptr), name, json, known);
  if (!found) type.fail("unknown optimizer \"" + name + "\"; known: " + known);
  return *found;
}

nlohmann::json optimizer_to_json(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.to_json(); }, optimizer);
}

std::string optimizer_text(const Optimizer& optimizer) {
  std::string all;
  const nlohmann::json json = optimizer_to_json(optimizer);
  for (const auto& [key, value] : json.items()) {
    if (key == "type") continue;
    std::string name = key;
    std::ranges::replace(name, '_', ' ');
    const std::string number = value.is_number() ? text("%g", value.get<double>()) : value.dump();
    all += (all.empty() ? "" : ", ") + name + " " + number;
  }
  return all;
}

void update_parameters(const Optimizer& optimizer, const UpdateStep& step,
                       std::span<const UpdatedTensor> tensors, std::span<float> state,
                       std::span<float> gradients, const Products& products) {
  const std::size_t all = gradients.size();
  MIXNN_CHECK(state.size() == (1 + optimizer_slots(optimizer)) * all, "size of a stage's state");
  const auto update = [&](const auto& kind) {
    const auto update_part = kind.at(step);
    products.each(all, [&](std::size_t from, std::size_t count) {
      std::size_t begin = 0;
      for (const UpdatedTensor& tensor : tensors) {
        const std::size_t end = begin + static_cast<std::size_t>(element_count(tensor.shape));
        const std::size_t first = std::max(begin, from), last = std::min(end, from + count);
        begin = end;
        if (first >= last || !tensor.trained) continue;
        update_part(TensorPart{tensor.shape, state.subspan(first, last - first),
                               gradients.subspan(first, last - first), state.data() + all + first,
                               all});
      }
    });
  };
  std::visit(update, optimizer);
}

}  // namespace mixnn
