#pragma once
#include <concepts>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "mixnn/layers/loss/labels.hpp"
#include "mixnn/layers/loss/loss_sum.hpp"

namespace mixnn {

class JsonValue;

// What a kind of loss has. It is a value: its settings and nothing else. `output` is the shape of
// one row of the last stage's outputs.
template <class T>
concept LossKind = std::equality_comparable<T> &&
    requires(const T kind, const JsonValue& json, const Shape& output, const Table& all,
             const Labels& labels, std::span<const float> outputs, std::span<float> gradient) {
  { T::kName } -> std::convertible_to<std::string_view>;  // MODEL's "loss", or its "type"
  { T::from_json(json) } -> std::same_as<T>;              // of an object; throws UsageError
  { kind.to_json() } -> std::same_as<nlohmann::json>;
  // Why it cannot take these outputs, or all these labels with them; empty if it can.
  { kind.output_problem(output) } -> std::same_as<std::string>;
  { kind.label_problem(all, output) } -> std::same_as<std::string>;
  // Some labels without a problem, for timing: the count of them is the last argument.
  { kind.example_labels(output, std::size_t{}) } -> std::same_as<Table>;
  // What the mean over rows with these labels divides the sum of their losses by.
  { kind.weight(output, labels) } -> std::same_as<double>;
  // One row of outputs for each label, one after the other. Unless `gradient` is empty, writes to
  // it the loss's gradient times the float. May work in place (gradient == outputs).
  { kind.sum(output, outputs, labels, float{}, gradient) } -> std::same_as<LossSum>;
};

}  // namespace mixnn
