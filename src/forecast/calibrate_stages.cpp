#include "mixnn/forecast/calibrate_stages.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "mixnn/forecast/calibration_inputs.hpp"
#include "mixnn/forecast/repeated_timing.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

constexpr double kMostProductsOfStage = 2.5e8;  // of one timed forward
constexpr Occasion kTraining{.training = true};

// Forward, input gradient, accumulation and update of one stage.
std::vector<double> time_stage(const StageSpec& spec, std::span<const float> parameters,
                               std::size_t rows) {
  Stage stage(spec);
  std::ranges::copy(parameters, stage.parameters().begin());
  Pass pass = stage.make_pass();
  const AlignedBuffer input = random_input(spec, rows);
  AlignedBuffer memory(spec.output_bytes(rows));
  const Encoding encoding = spec.output_encoding();
  const auto features = static_cast<std::size_t>(element_count(spec.output_shape()));
  const std::vector<float> gradient(rows * features, 1e-3f);
  return repeated_timing([&] {
    encoding.encode(gradient, memory.bytes());  // input_gradient may have overwritten it
    std::vector<double> seconds;
    seconds.push_back(seconds_of([&] { stage.forward(pass, input.bytes(), rows, kTraining); }));
    seconds.push_back(seconds_of([&] { stage.input_gradient(pass, memory.bytes()); }));
    seconds.push_back(seconds_of([&] { stage.accumulate(pass); }));
    seconds.push_back(seconds_of([&] { stage.update({}); }));
    return seconds;
  });
}

StageCosts calibrate_stage(const StageSpec& spec, std::span<const float> parameters,
                           std::size_t batch) {
  const std::size_t many = rows_for(spec.multiplications(), kMostProductsOfStage, batch);
  const std::size_t few = std::max<std::size_t>(1, many / 4);
  const std::vector<double> a = time_stage(spec, parameters, few),
                            b = time_stage(spec, parameters, many);
  const auto cost = [&](std::size_t part) {
    return cost_through(static_cast<double>(few), a[part], static_cast<double>(many), b[part]);
  };
  return {cost(0), cost(1), cost(2), b[3]};
}

}  // namespace

std::vector<StageCosts> calibrate_stages(const ModelSpec& model, const TrainingOptions& training) {
  const std::vector<std::vector<float>> parameters = initial_parameters(model, 0);
  std::map<std::string, StageCosts> known;
  std::vector<StageCosts> costs;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const StageSpec spec = model.stage(i, static_cast<std::int64_t>(training.batch_size),
                                       training.optimizer_for(model), training.wire);
    const std::string text = stage_spec_to_json(spec);
    if (!known.contains(text))
      known[text] = calibrate_stage(spec, parameters[i], training.batch_size);
    costs.push_back(known[text]);
  }
  return costs;
}

}  // namespace mixnn
