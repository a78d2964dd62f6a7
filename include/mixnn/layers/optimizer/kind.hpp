#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "mixnn/tensor/shape.hpp"

namespace mixnn {

class JsonValue;

// A tensor of a stage's parameters. Of those that are not trained an update changes nothing.
struct UpdatedTensor {
  Shape shape;
  bool trained = true;
};

// One update of all parameters.
struct UpdateStep {
  std::uint64_t number = 1;  // from 1, since the beginning of the training, also after a resume
  float learning_rate = 0;
  float gradient_scale = 1;  // gradients are multiplied with it first
};

// A piece of one parameter tensor, and what belongs to its values.
struct TensorPart {
  const Shape& tensor;  // of the whole: two or more extents are a matrix, one is a bias
  std::span<float> parameters, gradients;
  float* slots;  // of the first parameter: its first slot
  std::size_t slot_stride;

  // One number of state for each parameter; 0 before the first update.
  std::span<float> slot(std::size_t index) const {
    return {slots + index * slot_stride, parameters.size()};
  }
};

// What a kind of optimizer has. It is a value: its settings and nothing else, so that the same step
// gives the same bits wherever and whenever it is made. at(step) is called once an update, and what
// it returns for each part, by several threads at once: it changes parameters and slots, and leaves
// the gradients zero. Each parameter is computed alone: how tensors are cut changes no bit.
template <class T>
concept OptimizerKind = std::equality_comparable<T> &&
    requires(const T kind, const JsonValue& json, const UpdateStep& step, const TensorPart& part) {
  { T::kName } -> std::convertible_to<std::string_view>;  // the "type" of its JSON
  { kind.slots() } -> std::same_as<std::size_t>;          // of every parameter
  { T::from_json(json) } -> std::same_as<T>;  // throws UsageError where a value is wrong
  { kind.to_json() } -> std::same_as<nlohmann::json>;
  kind.at(step)(part);
};

}  // namespace mixnn
