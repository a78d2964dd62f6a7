#pragma once
#include "mixnn/layers/optimizer/kind.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

// What Adam and AdamW have in common. The betas are as precise as they are written: 1 - beta is
// what counts.
struct AdamSettings {
  double beta1 = 0.9, beta2 = 0.999;
  float eps = 1e-8f, weight_decay = 0;
  bool decay_matrices_only = false;  // no decay of tensors of one dimension, such as biases

  // From and to the members of an optimizer's JSON; those that are missing keep these defaults.
  static AdamSettings from_json(const JsonValue& json, const AdamSettings& defaults);
  void write(nlohmann::json& json) const;

  bool operator==(const AdamSettings&) const = default;
};

// The numbers of one update. Adam's decay is a part of the gradient, AdamW's is not.
class AdamUpdate {
 public:
  AdamUpdate(const AdamSettings& settings, const UpdateStep& step, bool decoupled);
  void operator()(const TensorPart& part) const;

 private:
  AdamStep step_;  // of a tensor that decays
  bool decay_matrices_only_;
};

// Adam as PyTorch's: g += weight_decay * p; m = beta1 * m + (1 - beta1) * g; v = beta2 * v +
// (1 - beta2) * g * g; p -= learning_rate * m' / (sqrt(v') + eps), where m' = m / (1 - beta1^t)
// and v' = v / (1 - beta2^t) in update t. Its slots are m and v.
struct Adam {
  static constexpr std::string_view kName = "adam";

  AdamSettings settings;

  std::size_t slots() const { return 2; }
  static Adam from_json(const JsonValue& json);
  nlohmann::json to_json() const;
  auto at(const UpdateStep& step) const { return AdamUpdate(settings, step, false); }

  bool operator==(const Adam&) const = default;
};

// AdamW as PyTorch's: the decay is p -= learning_rate * weight_decay * p, before all else, and g is
// left as it is.
struct AdamW {
  static constexpr std::string_view kName = "adamw";
  static constexpr AdamSettings kDefaults{.weight_decay = 0.01f};

  AdamSettings settings = kDefaults;

  std::size_t slots() const { return 2; }
  static AdamW from_json(const JsonValue& json);
  nlohmann::json to_json() const;
  auto at(const UpdateStep& step) const { return AdamUpdate(settings, step, true); }

  bool operator==(const AdamW&) const = default;
};

}  // namespace mixnn
