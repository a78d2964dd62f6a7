#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/forecast/simulated_request.hpp"

namespace mixnn {

// The work of one stage's host on its rank, in StageHost's order: forwards of the present step,
// input gradients, accumulation in the order of the micro-batches, the update after the last.
// Forwards of the next step wait for it; with staleness 1 those of the step behind that.
class SimulatedHost {
 public:
  // `ranks` must outlive it; `rows` are those of the micro-batches. `forwarded` and `returned` come
  // when an output, or an input gradient, is ready to be sent.
  SimulatedHost(RankSimulation& ranks, std::size_t rank, const StageCosts& costs,
                std::vector<std::size_t> rows, OnRequest forwarded, OnRequest returned,
                std::size_t staleness = 0);

  void forward(const SimulatedRequest& request);   // its inputs are there
  void backward(const SimulatedRequest& request);  // its output gradient is there

 private:
  double rows(std::size_t micro_batch) const { return static_cast<double>(rows_[micro_batch]); }
  void compute(SimulatedTask task, double seconds, RankSimulation::Event done);
  void accumulate();
  void update();

  RankSimulation& ranks_;
  std::size_t rank_;
  StageCosts costs_;
  std::vector<std::size_t> rows_;
  OnRequest forwarded_, returned_;
  std::size_t staleness_;
  std::size_t step_ = 0, accumulated_ = 0;
  std::vector<bool> has_gradient_;                    // by micro-batch
  std::deque<SimulatedRequest> waiting_, returning_;  // of later steps: forwards, backwards
};

}  // namespace mixnn
