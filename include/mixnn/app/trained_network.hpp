#pragma once
#include <memory>
#include <optional>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/train/baseline.hpp"

namespace mixnn {

// A network that was trained before, and is used: its stages on the hosts of a job, or all of them
// in this process. Prints the heading of the run as it begins.
class TrainedNetwork {
 public:
  explicit TrainedNetwork(const OwnerTask& task);
  TrainedNetwork(AppOptions& options, Inputs inputs);

  const AppOptions& options() const { return options_; }
  const Inputs& inputs() const { return inputs_; }
  void outputs(const OutputSink& sink);  // for the test set
  // For so many samples, one after the other: each is asked for when the outputs of the one before
  // have been taken.
  void one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink);
  Json start_report() const;
  void stop(ResultFiles& results);  // has the ranks part
  void close() { console_.close(); }

 private:
  const AppOptions& options_;
  std::optional<Inputs> own_inputs_;
  const Inputs& inputs_;
  Console console_;
  Machine machine_;
  std::optional<SessionFacts> session_;
  int ranks_ = 1;
  std::optional<Owner> owner_;
  std::optional<Baseline> alone_;
};

}  // namespace mixnn
