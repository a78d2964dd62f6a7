#include "mixnn/checkpoint/pace.hpp"

#include <algorithm>

namespace mixnn {
namespace {

using Unit = CheckpointOptions::Interval::Unit;
constexpr std::size_t kMostSteps = 100'000;
constexpr std::size_t kGrowth = 4;  // at most so many times the steps of the last time

}  // namespace

CheckpointPace::CheckpointPace(const CheckpointOptions::Interval& every, const Clock& clock)
    : every_(every), clock_(clock), last_(clock.now()) {}

std::size_t CheckpointPace::steps_ahead() const {
  if (every_.unit != Unit::kBatches) return pace_;
  return std::max<std::size_t>(1, std::min(pace_, every_.count - std::min(every_.count, batches_)));
}

void CheckpointPace::trained(std::size_t steps, double seconds) {
  batches_ += steps;
  const double in_a_second = static_cast<double>(steps) / std::max(seconds, 1e-6);
  const auto bound =
      static_cast<double>(std::min(kMostSteps, kGrowth * std::max<std::size_t>(steps, 1)));
  pace_ = std::max<std::size_t>(1, static_cast<std::size_t>(std::min(in_a_second, bound)));
}

bool CheckpointPace::due() const {
  if (failures_ > 0) return clock_.now() >= again_;
  switch (every_.unit) {
    case Unit::kMinutes:
      return clock_.now() - last_ >= std::chrono::minutes(every_.count);
    case Unit::kEpochs:
      return epochs_ >= every_.count;
    case Unit::kBatches:
      return batches_ >= every_.count;
  }
  return false;
}

void CheckpointPace::written() {
  last_ = clock_.now();
  batches_ = epochs_ = failures_ = 0;
}

void CheckpointPace::failed() {
  constexpr std::size_t kMostDoublings = 9;
  constexpr std::chrono::seconds kFirst{1}, kMost{300};
  again_ = clock_.now() + std::min(kMost, kFirst * (1 << std::min(failures_, kMostDoublings)));
  ++failures_;
}

}  // namespace mixnn
