#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mixnn {

// One epoch of training. Loss is the mean, before each step's update. There is no accuracy from a
// loss that knows no right answer.
struct EpochResult {
  double wall_s = 0;
  std::size_t samples = 0;
  double train_loss = 0;
  std::optional<double> train_accuracy;
};

struct TestResult {
  double wall_s = 0;
  double loss = 0;
  std::optional<double> accuracy;
};

struct EpochRecord {
  EpochResult train;
  TestResult test;  // after it
};

// What a trainer tells while it works, after each step; `samples` since the start of the epoch.
struct Progress {
  std::size_t step = 0, steps = 0;
  std::size_t samples = 0, total_samples = 0;
  double loss = 0;  // mean of the epoch so far
  // Of the step alone: before its update, which the rate is of.
  std::size_t step_samples = 0;
  double step_loss = 0;
  float learning_rate = 0;
  std::optional<double> gradient_norm = {};  // if it is known, before it is clipped
};
using ProgressHook = std::function<void(const Progress&)>;

// Throws RunError if the loss of the test after so many epochs is not a finite number.
void check_finite(const TestResult& test, std::size_t epochs);
// Throws RunError if a parameter is NaN or infinite after so many epochs. The loss of a step is of
// the parameters before its update, and one of the test need not see all of them.
void check_finite(const std::vector<std::vector<float>>& stages, std::size_t epochs);

// SHA-256 over all parameters in stage, layer, (weight, bias) order as little-endian float32, in
// hexadecimal.
std::string parameters_sha256(const std::vector<std::vector<float>>& stages);

}  // namespace mixnn
