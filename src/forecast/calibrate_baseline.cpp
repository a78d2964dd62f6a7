#include "mixnn/forecast/calibrate_baseline.hpp"

#include "mixnn/forecast/repeated_timing.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/thread_choice.hpp"

namespace mixnn {

BaselineStep calibrate_baseline(const ModelSpec& model, const TrainingOptions& training,
                                const DataPair& data, int cores) {
  TrainingOptions step = training.in_one_process();
  step.batch_size = data.train.count();
  step.learning_rate = 0;
  const auto time = [&](const Threading& threading) {
    Baseline baseline(model, data, step, threading);
    std::uint32_t epoch = 0;
    return repeated_timing(
        [&] { return std::vector<double>{baseline.train_epoch(epoch++).wall_s}; })[0];
  };
  BaselineStep best;
  for (const Threading& threading : threading_candidates(thread_candidates(cores)))
    if (const double seconds = time(threading); best.seconds == 0 || seconds < best.seconds)
      best = {threading, seconds};
  return best;
}

}  // namespace mixnn
