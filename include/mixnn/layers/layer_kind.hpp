#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "mixnn/layers/json_value.hpp"
#include "mixnn/layers/layer_spec.hpp"

namespace mixnn {

// A layer that the tests of all kinds try, and samples that it takes.
struct LayerExample {
  LayerSpec layer;
  Shape input;
};

// A kind of layer: what has to be known of it without a layer of it.
struct LayerKind {
  std::string_view type;  // of its JSON
  LayerSpec (*read)(const JsonValue& json);
  std::vector<LayerExample> (*examples)();
};

// The kind that a class of descriptions has: kType, read and examples are its static members.
template <std::derived_from<LayerDescription> Description>
constexpr LayerKind kind_of() {
  return {Description::kType,
          [](const JsonValue& json) -> LayerSpec { return Description::read(json); },
          &Description::examples};
}

// All kinds, in the order of kinds/list.inc.
std::span<const LayerKind* const> layer_kinds();

LayerSpec layer_from_json(const JsonValue& json);
// A layer, and where in the JSON it stands.
struct PlacedLayer {
  JsonValue place;
  LayerSpec layer;
};
// A list of layers. {"repeat": N, "layers": [...]} in it stands for so many copies of its layers,
// one behind the other.
std::vector<PlacedLayer> placed_layers(const JsonValue& json);
nlohmann::json layer_to_json(const LayerSpec& layer);
nlohmann::json layers_to_json(std::span<const LayerSpec> layers);

}  // namespace mixnn
