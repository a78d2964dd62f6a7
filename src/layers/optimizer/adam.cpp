#include "mixnn/layers/optimizer/adam.hpp"

#include <cmath>
#include <limits>

#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

// By squares: multiplications alone, so the same bits everywhere.
double power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base)
    if (exponent % 2 == 1) result *= base;
  return result;
}

bool read_decay(const JsonValue& json) {
  const std::string what = json.text();
  if (what != "all" && what != "matrices")
    json.fail("must be \"all\" or \"matrices\", got \"" + what + "\"");
  return what == "matrices";
}

}  // namespace

AdamSettings AdamSettings::from_json(const JsonValue& json, const AdamSettings& defaults) {
  constexpr float kAny = std::numeric_limits<float>::infinity();
  json.expect_keys({"type"}, {"betas", "eps", "weight_decay", "decay"});
  AdamSettings settings = defaults;
  if (json.has("betas")) {
    const JsonValue betas = json.member("betas");
    const std::vector<JsonValue> both = betas.items(2);
    if (both.size() != 2) betas.fail("must be two numbers");
    settings.beta1 = both[0].real(0, 1);
    settings.beta2 = both[1].real(0, 1);
  }
  if (json.has("eps")) settings.eps = json.member("eps").number(0, kAny);
  if (json.has("weight_decay")) settings.weight_decay = json.member("weight_decay").number(0, kAny);
  if (json.has("decay")) settings.decay_matrices_only = read_decay(json.member("decay"));
  return settings;
}

void AdamSettings::write(nlohmann::json& json) const {
  json["betas"] = {beta1, beta2};
  json["eps"] = eps;
  json["weight_decay"] = weight_decay;
  if (decay_matrices_only) json["decay"] = "matrices";
}

AdamUpdate::AdamUpdate(const AdamSettings& settings, const UpdateStep& step, bool decoupled)
    : decay_matrices_only_(settings.decay_matrices_only) {
  const double rate = step.learning_rate, decay = settings.weight_decay;
  step_.beta1 = static_cast<float>(settings.beta1);
  step_.one_minus_beta1 = static_cast<float>(1 - settings.beta1);
  step_.beta2 = static_cast<float>(settings.beta2);
  step_.one_minus_beta2 = static_cast<float>(1 - settings.beta2);
  step_.step_size = static_cast<float>(rate / (1 - power(settings.beta1, step.number)));
  step_.root_of_correction = static_cast<float>(std::sqrt(1 - power(settings.beta2, step.number)));
  step_.eps = settings.eps;
  if (decoupled)
    step_.shrink = static_cast<float>(1 - rate * decay);
  else
    step_.penalty = settings.weight_decay;
}

void AdamUpdate::operator()(const TensorPart& part) const {
  AdamStep step = step_;
  if (decay_matrices_only_ && part.tensor.size() < 2) {
    step.penalty = 0;
    step.shrink = 1;
  }
  adam_update(step, part.parameters, part.slot(0), part.slot(1), part.gradients);
}

Adam Adam::from_json(const JsonValue& json) { return {AdamSettings::from_json(json, {})}; }

nlohmann::json Adam::to_json() const {
  nlohmann::json json = {{"type", kName}};
  settings.write(json);
  return json;
}

AdamW AdamW::from_json(const JsonValue& json) { return {AdamSettings::from_json(json, kDefaults)}; }

nlohmann::json AdamW::to_json() const {
  nlohmann::json json = {{"type", kName}};
  settings.write(json);
  return json;
}

}  // namespace mixnn
