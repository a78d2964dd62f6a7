// What is JSON: the specification of a stage, as a host is sent it, and MODEL.
#include <nlohmann/json.hpp>

#include "fuzz/small_stage.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn::fuzzing {
namespace {

std::string_view text_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using Json = nlohmann::json;

void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  for (Json& inner : value)
    if (value.is_structured()) collect(inner, all);
}

// A value that a fuzzer of bytes would hardly write in the place of another.
Json other_value(Choices& choices) {
  switch (choices.below(8)) {
    case 0:
      return choices.number<std::int16_t>();
    case 1:
      return choices.number<std::int64_t>();
    case 2:
      return choices.number<double>();
    case 3:
      return choices.below(2) == 1;
    case 4:
      return Json::array();
    case 5:
      return Json::object();
    case 6:
      return std::string(text_of(choices.some()));
    default:
      return nullptr;
  }
}

// The input is text as it is, or says what is changed in an honest one: any value becomes another,
// comes twice, or goes.
std::string text_of_choices(Choices& choices, const std::vector<std::string>& honest) {
  if (choices.below(2) == 0) return std::string(text_of(choices.rest()));
  Json json = Json::parse(honest[choices.below(static_cast<std::uint32_t>(honest.size()))]);
  while (choices.any()) {
    std::vector<Json*> all;
    collect(json, all);
    Json& value = *all[choices.below(256) % all.size()];
    const std::uint32_t what = choices.below(4);
    if (what < 2)
      value = other_value(choices);
    else if (what == 2 && value.is_array())
      value.push_back(value.empty() ? Json() : value.back());
    else if (!value.empty() && value.is_structured())
      value.erase(std::prev(value.end()));
    else
      value = Json(*all[choices.below(256) % all.size()]);
    if (all.size() > 200) break;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Input> text_seeds(const std::vector<std::string>& texts) {
  std::vector<Input> seeds;
  for (const std::string& text : texts) {
    seeds.push_back(Chosen().bytes({0}).rest(bytes_of(std::string_view(text))).input());
    seeds.push_back(Chosen().bytes({1, static_cast<int>(seeds.size() / 2)}).input());
  }
  return seeds;
}

// One step of training, on zeros.
void train(const StageSpec& spec) {
  Stage stage(spec);
  Pass pass = stage.make_pass();
  const auto rows = static_cast<std::size_t>(spec.max_rows);
  const Input input(spec.input_bytes(rows));
  Input gradient(spec.output_bytes(rows));
  stage.forward(pass, input, rows, {.training = true, .step = 0, .first_row = 0});
  stage.input_gradient(pass, gradient);
  stage.accumulate(pass);
  stage.update({1, 0.5f});
}

std::vector<std::string> specifications() {
  std::vector<std::string> texts;
  for (const StageSpec& spec : small_stages()) texts.push_back(stage_spec_to_json(spec));
  return texts;
}

bool run_specification(ConstBytes input) {
  static const std::vector<std::string> honest = specifications();
  Choices choices(input);
  StageSpec spec;
  try {
    spec = stage_spec_from_json(text_of_choices(choices, honest));
  } catch (const RunError&) {
    return false;
  }
  const std::string text = stage_spec_to_json(spec);
  MIXNN_CHECK(stage_spec_to_json(stage_spec_from_json(text)) == text,
              "what was accepted comes back as it was");
  if (is_small(spec)) train(spec);
  return true;
}

std::vector<Input> specification_seeds() { return text_seeds(specifications()); }

std::vector<std::string> models() {
  return {R"({"name": "m", "input": {"shape": [1, 4, 4], "scale": 0.0625},
 "loss": "cross_entropy", "optimizer": {"type": "sgd", "momentum": 0.5, "weight_decay": 0},
 "stages": [{"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 6},
                        {"type": "relu"}]},
            {"layers": [{"type": "linear", "out_features": 3}]}]})",
          R"({"name":"","input":{"shape":[2],"scale":-1e3},"loss":"cross_entropy",
"stages":[{"layers":[{"type":"linear","out_features":2}]}]})"};
}

bool run_model(ConstBytes input) {
  static const std::vector<std::string> honest = models();
  Choices choices(input);
  ModelSpec model;
  try {
    model = parse_model(text_of_choices(choices, honest), "MODEL");
  } catch (const UsageError&) {
    return false;
  }
  MIXNN_CHECK(model.boundaries().size() == model.stages.size() + 1, "a shape at every boundary");
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const StageSpec spec = model.stage(i, 1, model.optimizer.value_or(Sgd{}));
    const std::string text = stage_spec_to_json(spec);
    MIXNN_CHECK(stage_spec_to_json(stage_spec_from_json(text)) == text,
                "a host reads the stages of every MODEL");
  }
  return true;
}

std::vector<Input> model_seeds() { return text_seeds(models()); }

}  // namespace

extern const Target kSpecification, kModel;
const Target kSpecification{"specification", run_specification, specification_seeds, 1024};
const Target kModel{"model", run_model, model_seeds, 2048};

}  // namespace mixnn::fuzzing
