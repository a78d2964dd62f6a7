#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

#define MIXNN_LAYER(name) extern const LayerKind name##_kind;
#include "mixnn/layers/kinds/list.inc"
#undef MIXNN_LAYER

namespace {

constexpr std::size_t kMostListed = 1024;  // of a list

constexpr const LayerKind* kKinds[] = {
#define MIXNN_LAYER(name) &name##_kind,
#include "mixnn/layers/kinds/list.inc"
#undef MIXNN_LAYER
};

}  // namespace

std::span<const LayerKind* const> layer_kinds() { return kKinds; }

LayerSpec layer_from_json(const JsonValue& json) {
  const JsonValue type = json.member("type");
  const std::string name = type.text();
  std::string known;
  for (const LayerKind* kind : layer_kinds()) {
    if (kind->type == name) return kind->read(json);
    known += (known.empty() ? "" : ", ") + std::string(kind->type);
  }
  type.fail("unknown layer type \"" + name + "\"; known: " + known);
}

std::vector<PlacedLayer> placed_layers(const JsonValue& json) {
  std::vector<PlacedLayer> layers;
  for (const JsonValue& item : json.items(kMostListed)) {
    std::int64_t copies = 1;
    std::vector<PlacedLayer> one;
    if (item.has("repeat")) {
      item.expect_keys({"repeat", "layers"});
      copies = item.member("repeat").integer(1, kMostListed);
      one = placed_layers(item.member("layers"));
    } else {
      one = {{item, layer_from_json(item)}};
    }
    if (layers.size() + static_cast<std::size_t>(copies) * one.size() > kMostListed)
      item.fail("brings the layers to more than " + std::to_string(kMostListed));
    for (; copies > 0; --copies) layers.insert(layers.end(), one.begin(), one.end());
  }
  return layers;
}

nlohmann::json layer_to_json(const LayerSpec& layer) {
  nlohmann::json json = {{"type", layer->type()}};
  layer->write(json);
  return json;
}

nlohmann::json layers_to_json(std::span<const LayerSpec> layers) {
  nlohmann::json all = nlohmann::json::array();
  for (const LayerSpec& layer : layers) all.push_back(layer_to_json(layer));
  return all;
}

}  // namespace mixnn
