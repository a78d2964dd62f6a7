#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/record.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// The weights of the best epoch so far (train/best_epoch.hpp), in the file of --keep-best, which is
// whole at all times. Without that option it does nothing.
class BestWeights {
 public:
  using Weights = std::vector<std::vector<float>>;  // parameters, by stage

  // Both outlive it.
  BestWeights(const AppOptions& options, const ModelSpec& model);

  // Before the first epoch that this job trains: the ones before, of which the best is in the file.
  // If there is no file, those are left out from then on, with a warning.
  void go_on_after(std::span<const EpochRecord> epochs);
  // After an epoch, the last of these. The weights are asked for whether it is the best or not:
  // what ranks send must not tell. If the file cannot be written, there is a warning, and it is
  // tried again after the next epoch. Throws RunError if they are not finite.
  void epoch_ended(std::span<const EpochRecord> epochs, const std::function<Weights()>& weights);
  // In the place of all that, for a training that is found finished: its weights now.
  void found_finished(std::span<const EpochRecord> epochs, const Weights& last);
  // The last. Throws RunError if the file could not be written after all.
  void finish();

 private:
  bool write();

  const std::filesystem::path& file_;
  const ModelSpec& model_;
  std::size_t first_ = 0;  // epoch that counts
  Weights best_;           // that are not written yet
  std::string problem_;    // of the last try
};

// Of a training that has ended, if options ask for it.
void note_best(const AppOptions& options, Record& record);

}  // namespace mixnn
