#include <algorithm>

#include "mixnn/train/baseline.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kSteps = 8, kRounds = 5;

// Every count where there are few, else the powers of two and all cores.
std::vector<int> candidates(int cores) {
  std::vector<int> counts;
  for (int n = 1; n < cores; n = cores <= 4 ? n + 1 : 2 * n) counts.push_back(n);
  counts.push_back(cores);
  return counts;
}

DataSet first_samples(const DataSet& data, std::size_t count) {
  const auto n = static_cast<std::ptrdiff_t>(std::min(count, data.count()));
  const auto bytes = n * static_cast<std::ptrdiff_t>(data.sample_bytes());
  return {data.sample_shape,
          {data.inputs.begin(), data.inputs.begin() + bytes},
          {data.labels.begin(), data.labels.begin() + n}};
}

}  // namespace

int fastest_thread_count(const ModelSpec& model, const DataPair& data, const TrainingOptions& options,
                         int cores) {
  if (cores <= 1) return 1;
  TrainingOptions whole = options;
  whole.micro_batches = 1;
  whole.learning_rate = 0;  // so that no learning rate can end the trial
  const DataPair sample{data.name, first_samples(data.train, kSteps * options.batch_size), {}};
  struct Trial {
    Baseline baseline;
    std::vector<double> walls;
  };
  std::vector<Trial> trials;
  for (const int threads : candidates(cores)) trials.push_back({Baseline(model, sample, whole, threads), {}});
  for (std::uint32_t round = 0; round <= kRounds; ++round)
    for (Trial& trial : trials) {
      const double wall = trial.baseline.train_epoch(round).wall_s;
      if (round > 0) trial.walls.push_back(wall);  // the first warms up
    }
  for (Trial& trial : trials) std::ranges::sort(trial.walls);
  const auto median = [](const Trial& trial) { return trial.walls[kRounds / 2]; };
  return std::ranges::min_element(trials, {}, median)->baseline.threads();
}

}  // namespace mixnn
