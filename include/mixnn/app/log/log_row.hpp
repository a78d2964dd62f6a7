#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace mixnn {

// What is told of a training while it runs: of a step, of an epoch with the test after it, or of
// the test at the end.
struct LogRow {
  enum class Kind { kStep, kEpoch, kEnd };

  std::string run;  // who trains: "baseline", "reference", "mixnn"
  Kind kind = Kind::kStep;
  // Up to now: the epoch from 1; steps and samples since the training began.
  std::size_t epoch = 0, step = 0, samples = 0;

  // Of the step itself.
  std::optional<double> loss = {}, learning_rate = {}, gradient_norm = {}, samples_per_s = {};
  // Of an epoch: the means over it, the test after it, the seconds that its training took.
  std::optional<double> train_loss = {}, train_accuracy = {};
  std::optional<double> validation_loss = {}, validation_accuracy = {};
  std::optional<double> test_loss = {}, test_accuracy = {};
  std::optional<double> wall_s = {};
};
const char* to_string(LogRow::Kind kind);  // "step", "epoch", "end"

// One of the numbers that may be missing: its name in files, and among TensorBoard's scalars.
struct LogColumn {
  const char* name;
  const char* scalar;
  std::optional<double> LogRow::*field;
};
std::span<const LogColumn> log_columns();

}  // namespace mixnn
