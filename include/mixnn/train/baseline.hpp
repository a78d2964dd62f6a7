#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/evaluation.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/train/threading.hpp"

namespace mixnn {

// Trains the whole network in this process. With options.micro_batches as given and products cut by
// shapes it is the reference whose bits the ranks reproduce, with any number of threads; with one
// micro-batch and the best threading it is the fastest single process. The data must fit the model
// (check_fits) and outlive it.
class Baseline {
 public:
  Baseline(const ModelSpec& model, const DataPair& data, const TrainingOptions& options,
           const Threading& threading = {});
  ~Baseline();
  Baseline(Baseline&&) noexcept;

  // In the place of those that the seed draws, before the first epoch. By stage.
  void set_parameters(const std::vector<std::vector<float>>& parameters);

  // Throws RunError where the loss is no longer a finite number.
  EpochResult train_epoch(std::uint32_t epoch, const ProgressHook& progress = {});
  // The validation set, or without one the test set, in chunks of options.max_rows() rows. Throws
  // RunError if the loss or a parameter is no longer a finite number.
  TestResult test();
  TestResult test(const DataSet& set);  // the same of another set
  // The result of the test after an epoch, each once: the learning rate may go by it.
  void tested(const TestResult& result);
  // What the network gives for the samples of a set, in such chunks.
  void outputs(const DataSet& set, const OutputSink& sink);
  std::vector<std::vector<float>> parameters() const;  // by stage
  const Threading& threading() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mixnn
