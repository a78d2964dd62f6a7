#pragma once
#include "mixnn/layers/optimizer/kind.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

// SGD as PyTorch's: g += weight_decay * p; v = momentum * v + g; p -= learning_rate * v. With
// Nesterov's momentum the last is p -= learning_rate * (g + momentum * v). Its slot is the velocity
// v, which it leaves alone without momentum.
struct Sgd {
  static constexpr std::string_view kName = "sgd";

  float momentum = 0, weight_decay = 0;
  bool nesterov = false;  // only with momentum

  std::size_t slots() const { return 1; }
  static Sgd from_json(const JsonValue& json);
  static Sgd from_members(const JsonValue& json);  // of an object that has others, too
  nlohmann::json to_json() const;
  auto at(const UpdateStep& step) const {
    return [with = SgdStep{step.learning_rate, momentum, weight_decay, nesterov}](
               const TensorPart& part) {
      sgd_update(with, part.parameters, part.slot(0), part.gradients);
    };
  }

  bool operator==(const Sgd&) const = default;
};

}  // namespace mixnn
