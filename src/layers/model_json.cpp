#include "mixnn/layers/model_json.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include "mixnn/base/error.hpp"
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/layers/tied.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMaxDimensions = 4, kMaxStages = 1024, kMaxLayers = 1024;
constexpr std::int64_t kMaxExtent = 65536, kMaxInputElements = std::int64_t{1} << 24;
constexpr std::size_t kMaxStageParameters = std::size_t{1} << 30;
constexpr std::int64_t kMaxRows = std::int64_t{1} << 24;
constexpr std::int64_t kMaxEpochSteps = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 24, kBlockBytes = std::size_t{1} << 16;

Shape read_shape(const JsonValue& json) {
  Shape shape;
  std::int64_t elements = 1;
  for (const JsonValue& item : json.items(kMaxDimensions)) {
    shape.push_back(item.integer(1, kMaxExtent));
    elements *= shape.back();
    if (elements > kMaxInputElements)
      json.fail("must have at most " + std::to_string(kMaxInputElements) + " elements");
  }
  return shape;
}

float read_scale(const JsonValue& json) {
  const float scale = json.number();
  if (scale == 0.0f) json.fail("must not be 0: all inputs would be");
  return scale;
}

// Floats are what goes without saying.
ElementType read_wire(const JsonValue& json) {
  for (const ElementType type : {ElementType::kBfloat16, ElementType::kInt8})
    if (json.text() == to_string(type)) return type;
  json.fail("must be \"bfloat16\" or \"int8\", got \"" + json.text() + "\"");
}

ElementType read_type(const JsonValue& json) {
  if (const auto type = element_type_named(json.text()); type && is_raw(*type)) return *type;
  json.fail("unknown type \"" + json.text() + "\"");
}

// The layers of one stage, checked against its input shape, which then becomes its output shape.
std::vector<LayerSpec> read_layers(const JsonValue& json, bool indices, Shape& shape) {
  std::vector<LayerSpec> layers;
  std::size_t parameters = 0;
  for (const auto& [item, read] : placed_layers(json)) {
    layers.push_back(read);
    const LayerDescription& layer = *layers.back();
    if (layer.takes_indices() && !(indices && layers.size() == 1))
      item.fail(std::string(layer.type()) +
                " takes raw integers, so it can only be the first layer");
    const std::string problem = layer.shape_problem(shape);
    if (!problem.empty()) item.fail(problem);
    parameters += layer.parameter_count(shape);
    if (parameters > kMaxStageParameters)
      item.fail("brings the stage to " + std::to_string(parameters) + " parameters; at most " +
                std::to_string(kMaxStageParameters) + " are possible");
    shape = layer.output_shape(shape);
  }
  return layers;
}

// One for each layer that draws, and none at all if none does.
std::vector<std::uint64_t> read_keys(const JsonValue& json, const std::vector<LayerSpec>& layers) {
  const auto draws = [](const LayerSpec& layer) { return layer->draws(); };
  const auto needed = static_cast<std::size_t>(std::ranges::count_if(layers, draws));
  std::vector<std::uint64_t> keys;
  if (json.has("keys"))
    for (const JsonValue& item : json.member("keys").items(kMaxLayers)) keys.push_back(item.bits());
  if (keys.size() != needed)
    json.fail("has " + std::to_string(keys.size()) + " keys, but " + std::to_string(needed) +
              " of its layers draw random numbers");
  return keys;
}

// Of stages or layers in a row that say, each for itself, whether they are at the owner: how many
// of the first and of the last are.
OwnStages own_of(const JsonValue& json, const std::vector<bool>& at_owner) {
  const auto begin = std::ranges::find(at_owner, false);
  if (begin == at_owner.end()) json.fail("leaves nothing to the hosts: all is at the owner");
  auto end = at_owner.end();
  while (end[-1]) --end;
  const auto inside = std::find(begin, end, true);
  if (inside != end)
    json.items(at_owner.size())[static_cast<std::size_t>(inside - at_owner.begin())].fail(
        "is at the owner, between others that are not; only the first and the last can be");
  return {static_cast<std::size_t>(begin - at_owner.begin()),
          static_cast<std::size_t>(at_owner.end() - end)};
}

bool is_at_owner(const JsonValue& json) {
  if (!json.has("at")) return false;
  const JsonValue at = json.member("at");
  if (at.text() != "owner") at.fail("must be \"owner\", got \"" + at.text() + "\"");
  return true;
}

// Takes "at" off the layers of a MODEL without stages: no kind of layer knows it.
OwnStages take_own_layers(nlohmann::json& document, std::string_view source) {
  if (!document.is_object() || !document.contains("layers") || document.contains("stages"))
    return {};
  const JsonValue layers = JsonValue(document, source).member("layers");
  std::vector<bool> at_owner;
  for (const JsonValue& layer : layers.items(kMaxLayers)) at_owner.push_back(is_at_owner(layer));
  const OwnStages own = own_of(layers, at_owner);
  for (nlohmann::json& layer : document["layers"]) layer.erase("at");
  return own;
}

// Layers that a checked item of a list stands for.
std::size_t count_of(const nlohmann::json& item) {
  if (!item.contains("repeat")) return 1;
  std::size_t one = 0;
  for (const nlohmann::json& layer : item["layers"]) one += count_of(layer);
  return item["repeat"].get<std::size_t>() * one;
}

// Layers whose cut is open are one stage, beside those that the owner keeps.
void split_off(const OwnStages& own, const nlohmann::json& items, ModelSpec& model) {
  const std::vector<LayerSpec> layers = std::move(model.stages.front());
  const auto count = [&](std::size_t from, std::size_t to) {
    std::size_t sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += count_of(items[i]);
    return static_cast<std::ptrdiff_t>(sum);
  };
  const auto first = layers.begin() + count(0, own.first);
  const auto last = layers.end() - count(items.size() - own.last, items.size());
  model.stages.assign(1, {first, last});
  if (own.first > 0) model.stages.insert(model.stages.begin(), {layers.begin(), first});
  if (own.last > 0) model.stages.emplace_back(last, layers.end());
  model.own = {std::min<std::size_t>(own.first, 1), std::min<std::size_t>(own.last, 1)};
  model.apart = model.own;
}

void read_stages(const JsonValue& json, ModelSpec& model, Shape& shape) {
  std::vector<bool> at_owner;
  for (const JsonValue& stage : json.items(kMaxStages)) {
    stage.expect_keys({"layers"}, {"at"});
    at_owner.push_back(is_at_owner(stage));
    model.stages.push_back(read_layers(stage.member("layers"), model.stages.empty(), shape));
  }
  model.own = own_of(json, at_owner);
}

ModelSpec read_model(const JsonValue& json) {
  const bool cut_open = !json.has("stages") && json.has("layers");
  json.expect_keys({"name", "input", "loss", cut_open ? "layers" : "stages"},
                   {"optimizer", "tied"});
  ModelSpec model;
  model.name = json.member("name").text();
  const JsonValue input = json.member("input");
  input.expect_keys({"shape", "scale"});
  model.input_shape = read_shape(input.member("shape"));
  model.input_scale = read_scale(input.member("scale"));
  model.loss = loss_from_json(json.member("loss"));
  model.cut_open = cut_open;
  const JsonValue stages = json.member(cut_open ? "layers" : "stages");
  Shape shape = model.input_shape;
  if (cut_open)
    model.stages.push_back(read_layers(stages, true, shape));
  else
    read_stages(stages, model, shape);
  const std::string problem = Criterion(model.loss, shape).output_problem();
  if (!problem.empty()) stages.fail(problem);
  if (json.has("tied")) model.tied = json.member("tied").boolean();
  if (json.has("optimizer")) model.optimizer = optimizer_from_json(json.member("optimizer"));
  return model;
}

// SGD without Nesterov's momentum is what goes without saying: its settings stand among the others.
Optimizer read_stage_optimizer(const JsonValue& json) {
  if (json.has("optimizer")) {
    json.expect_keys({"input", "layers", "max_rows", "optimizer"},
                     {"keys", "wire", "clipped", "stale_epoch"});
    return optimizer_from_json(json.member("optimizer"));
  }
  json.expect_keys({"input", "layers", "max_rows", "momentum", "weight_decay"},
                   {"keys", "wire", "clipped", "stale_epoch"});
  return Sgd::from_members(json);
}

void write_stage_optimizer(const Optimizer& optimizer, nlohmann::json& json) {
  nlohmann::json own = optimizer_to_json(optimizer);
  const auto* const sgd = std::get_if<Sgd>(&optimizer);
  if (sgd == nullptr || sgd->nesterov) {
    json["optimizer"] = std::move(own);
    return;
  }
  own.erase("type");
  json.update(own);
}

StageSpec read_stage(const JsonValue& json) {
  StageSpec spec;
  spec.optimizer = read_stage_optimizer(json);
  if (json.has("wire")) spec.input_type = spec.output_type = read_wire(json.member("wire"));
  const JsonValue input = json.member("input");
  if (input.has("scale")) {
    input.expect_keys({"shape", "scale"}, {"type"});
    spec.input_type = ElementType::kUint8;
    if (input.has("type")) spec.input_type = read_type(input.member("type"));
    spec.input_gradient = false;
    spec.scale = read_scale(input.member("scale"));
  } else {
    input.expect_keys({"shape"});
  }
  spec.input_shape = read_shape(input.member("shape"));
  Shape shape = spec.input_shape;
  spec.layers = read_layers(json.member("layers"),
                            !spec.input_gradient && is_integer(spec.input_type), shape);
  spec.keys = read_keys(json, spec.layers);
  spec.max_rows = json.member("max_rows").integer(1, kMaxRows);
  spec.clipped = json.has("clipped") && json.member("clipped").boolean();
  if (json.has("stale_epoch"))
    spec.stale_epoch =
        static_cast<std::uint32_t>(json.member("stale_epoch").integer(1, kMaxEpochSteps));
  return spec;
}

}  // namespace

ModelSpec parse_model(std::string_view text, std::string_view source) {
  nlohmann::json document = parse_json(text, source);
  const OwnStages own = take_own_layers(document, source);
  ModelSpec model = read_model(JsonValue(document, source));
  if (model.cut_open) split_off(own, document["layers"], model);
  if (const std::string why = model.tied ? tied_problem(model) : ""; !why.empty())
    JsonValue(document, source).member("tied").fail(why);
  return model;
}

namespace {

// A pipe, too, whose size nobody knows before its end.
std::string read_all(std::istream& in, const std::filesystem::path& file) {
  std::string text, block(kBlockBytes, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxFileBytes)
      throw UsageError(file.string() + ": too large for a MODEL file");
  }
  if (in.bad()) throw UsageError(file.string() + ": cannot be read to its end");
  return text;
}

}  // namespace

ModelSpec load_model(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw UsageError(file.string() +
                     ": no such file; MODEL is a network in JSON, such as models/mlp.json");
  const bool folder = std::filesystem::is_directory(file, error);
  std::ifstream in(file, std::ios::binary);
  if (folder || !in) throw UsageError(file.string() + ": cannot be read as a file");
  return parse_model(read_all(in, file), file.string());
}

// Raw inputs have a scale, and that is how they are told from the others. They are bytes, unless
// another type is named.
std::string stage_spec_to_json(const StageSpec& spec) {
  nlohmann::json input = {{"shape", spec.input_shape}};
  if (!spec.input_gradient) {
    input["scale"] = spec.scale;
    if (spec.input_type != ElementType::kUint8) input["type"] = to_string(spec.input_type);
  }
  nlohmann::json json = {
      {"input", input}, {"layers", layers_to_json(spec.layers)}, {"max_rows", spec.max_rows}};
  write_stage_optimizer(spec.optimizer, json);
  if (!spec.keys.empty()) json["keys"] = spec.keys;
  if (spec.clipped) json["clipped"] = true;
  if (spec.stale_epoch > 0) json["stale_epoch"] = spec.stale_epoch;
  if (spec.output_type != ElementType::kFloat32) json["wire"] = to_string(spec.output_type);
  return json.dump();
}

StageSpec stage_spec_from_json(std::string_view text) try {
  const nlohmann::json document = parse_json(text, "stage specification");
  return read_stage(JsonValue(document, "stage specification"));
} catch (const UsageError& error) {
  throw RunError(error.what());
}

}  // namespace mixnn
