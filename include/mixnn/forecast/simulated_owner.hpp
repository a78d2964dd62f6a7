#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/forecast/simulated_request.hpp"
#include "mixnn/train/schedule.hpp"

namespace mixnn {

// When the simulated owner releases which micro-batch, as TrainingRun does it: by the schedule,
// with at most `in_flight` messages under way, backwards first; a step may begin once the one
// before has released all, or, if the owner has stages before the hosts', has ended. With staleness
// 1 that holds for the step before that, and of the one before all forwards are released. Its work
// of its own is the loss, and its own stages' behind the first forward.
class SimulatedOwner {
 public:
  struct Run {
    ScheduleKind schedule;
    std::size_t depth;              // of Schedule
    std::vector<std::size_t> rows;  // of the micro-batches
    LinearCost loss;                // by rows
    // Of its own stages before the hosts', if it has any, and behind them.
    std::optional<StageCosts> first = {};
    StageCosts last = {};
    std::size_t in_flight;
    std::size_t steps;
    std::size_t staleness = 0;
  };
  // `send_inputs` and `send_gradient` are called for each release. `ranks` must outlive it.
  SimulatedOwner(RankSimulation& ranks, Run run, OnRequest send_inputs, OnRequest send_gradient);

  static constexpr std::size_t kRank = 0;

  void start();
  void on_logits(const SimulatedRequest& request);
  void on_backward_done(const SimulatedRequest& request);
  const std::vector<double>& ended() const { return ended_; }  // when, by step

 private:
  struct Step {
    std::size_t index;
    Schedule schedule;
  };
  double rows_of(const SimulatedRequest& request) const {
    return static_cast<double>(run_.rows[request.micro_batch]);
  }
  Schedule& schedule_of(std::size_t step) { return active_[step - active_.front().index].schedule; }
  bool may_start() const;
  void release();
  void accumulate_last(std::size_t micro_batch);
  void ended(const SimulatedRequest& request);

  RankSimulation& ranks_;
  Run run_;
  OnRequest send_inputs_, send_gradient_;
  std::size_t started_ = 0, under_way_ = 0;
  std::deque<Step> active_;
  std::deque<SimulatedRequest> backwards_, forwards_;
  std::vector<double> ended_;
};

}  // namespace mixnn
