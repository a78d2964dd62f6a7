// What is JSON: the specification of a stage, as a host is sent it, and MODEL.
#include "fuzz/small_stage.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn::fuzzing {
namespace {

std::string_view text_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Input input_of(const std::string& text) {
  const ConstBytes bytes = bytes_of(std::string_view(text));
  return {bytes.begin(), bytes.end()};
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

bool run_specification(ConstBytes input) {
  StageSpec spec;
  try {
    spec = stage_spec_from_json(text_of(input));
  } catch (const RunError&) {
    return false;
  }
  const std::string text = stage_spec_to_json(spec);
  MIXNN_CHECK(stage_spec_to_json(stage_spec_from_json(text)) == text,
              "what was accepted comes back as it was");
  if (is_small(spec)) train(spec);
  return true;
}

std::vector<Input> specification_seeds() {
  std::vector<Input> seeds;
  for (const StageSpec& spec : small_stages()) seeds.push_back(input_of(stage_spec_to_json(spec)));
  return seeds;
}

bool run_model(ConstBytes input) {
  ModelSpec model;
  try {
    model = parse_model(text_of(input), "MODEL");
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

std::vector<Input> model_seeds() {
  return {input_of(R"({"name": "m", "input": {"shape": [1, 4, 4], "scale": 0.0625},
 "loss": "cross_entropy", "optimizer": {"type": "sgd", "momentum": 0.5, "weight_decay": 0},
 "stages": [{"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 6}, {"type": "relu"}]},
            {"layers": [{"type": "linear", "out_features": 3}]}]})"),
          input_of(R"({"name":"","input":{"shape":[2],"scale":-1e3},"loss":"cross_entropy",
"stages":[{"layers":[{"type":"linear","out_features":2}]}]})")};
}

}  // namespace

extern const Target kSpecification, kModel;
const Target kSpecification{"specification", run_specification, specification_seeds, 1024};
const Target kModel{"model", run_model, model_seeds, 2048};

}  // namespace mixnn::fuzzing
