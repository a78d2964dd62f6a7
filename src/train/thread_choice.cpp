#include "mixnn/train/thread_choice.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/base/check.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/train/baseline.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLeastRounds = 6;
constexpr double kLeastSeconds = 1, kMostSeconds = 10;  // for all rounds
constexpr double kRoundSeconds = 0.05;                  // timed, of one count, at least
constexpr double kLeadInSeconds = 0.025;  // before it, as another count's data is in the caches
constexpr double kEpochSeconds =
    0.01;  // of the sample, so that rounds are hardly longer than they must be
constexpr double kMostSteps = 32;  // of such an epoch

// Trains a sample again and again with one threading. The sample must outlive it.
class Contender {
 public:
  Contender(const ModelSpec& model, const DataPair& sample, const TrainingOptions& options,
            const Threading& threading)
      : steps_of_epoch_(steps_per_epoch(sample.train.count(), options.batch_size)),
        baseline_(model, sample, options, threading) {}

  // Seconds a step.
  double round() {
    train_for(kLeadInSeconds);
    return train_for(kRoundSeconds);
  }
  // Whole epochs until `least_s` seconds are over; seconds a step.
  double train_for(double least_s) {
    double wall = 0;
    std::size_t steps = 0;
    do {
      wall += baseline_.train_epoch(epoch_++).wall_s;
      steps += steps_of_epoch_;
    } while (wall < least_s);
    return wall / static_cast<double>(steps);
  }

 private:
  std::size_t steps_of_epoch_;
  Baseline baseline_;
  std::uint32_t epoch_ = 0;
};

// One at least.
std::size_t steps_of_sample(const ModelSpec& model, const DataPair& data,
                            const TrainingOptions& options) {
  const DataPair batch{data.name, data.train.first(options.batch_size), {}};
  Contender one_thread(model, batch, options, {1, Threading::By::kCrew});
  one_thread.train_for(0);  // warms up
  return static_cast<std::size_t>(
      std::clamp(kEpochSeconds / one_thread.train_for(0), 1.0, kMostSteps));
}

}  // namespace

std::vector<int> thread_candidates(int cores) {
  MIXNN_CHECK(cores >= 1, "at least one core");
  std::vector<int> counts;
  for (int n = 1; n < cores; n = cores <= 4 ? n + 1 : 2 * n) counts.push_back(n);
  counts.push_back(cores);
  return counts;
}

Threading fastest_of(std::span<const ThreadTrial> trials) {
  MIXNN_CHECK(!trials.empty(), "one threading of none");
  const auto fastest_round = [](const ThreadTrial& trial) {
    return std::ranges::min(trial.step_s);
  };
  return std::ranges::min_element(trials, {},
                                  [&](const ThreadTrial& trial) {
                                    return std::pair(fastest_round(trial), trial.threading);
                                  })
      ->threading;
}

bool enough_rounds(std::size_t rounds, double elapsed_s) {
  if (rounds == 0) return false;
  if (rounds >= kLeastRounds && elapsed_s >= kLeastSeconds) return true;
  const double next = elapsed_s / static_cast<double>(rounds);
  return elapsed_s + next > kMostSeconds;
}

std::vector<Threading> threading_candidates(std::span<const int> thread_counts) {
  std::vector<Threading> candidates;
  for (const int threads : thread_counts) candidates.push_back({threads, Threading::By::kCrew});
  for (const int threads : thread_counts)
    if (threads > 1) candidates.push_back({threads, Threading::By::kOpenBlas});
  return candidates;
}

Threading fastest_threading(const ModelSpec& model, const DataPair& data,
                            const TrainingOptions& options, std::span<const int> thread_counts) {
  const std::vector<Threading> candidates = threading_candidates(thread_counts);
  if (candidates.size() == 1) return candidates[0];
  TrainingOptions whole = options;
  whole.micro_batches = 1;
  whole.learning_rate = whole.min_lr = 0;  // so that no learning rate can end the trial
  const std::size_t steps = steps_of_sample(model, data, whole);
  const DataPair sample{data.name, data.train.first(steps * whole.batch_size), {}};
  std::vector<Contender> contenders;
  std::vector<ThreadTrial> trials;
  for (const Threading& threading : candidates) {
    contenders.emplace_back(model, sample, whole, threading);
    trials.push_back({threading, {}});
  }
  const Stopwatch watch;
  // Up and down, for OpenBLAS's threads keep spinning for a tenth of a second after their last
  // product and disturb a count that follows a larger one; so each count also follows a smaller
  // one, or itself.
  const std::size_t n = contenders.size();
  for (std::size_t rounds = 0; !enough_rounds(rounds, watch.seconds()); ++rounds)
    for (std::size_t turn = 0; turn < n; ++turn) {
      const std::size_t i = rounds % 2 == 0 ? turn : n - 1 - turn;
      trials[i].step_s.push_back(contenders[i].round());
    }
  return fastest_of(trials);
}

}  // namespace mixnn
