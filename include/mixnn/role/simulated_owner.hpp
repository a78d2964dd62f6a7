#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "mixnn/role/cost_model.hpp"
#include "mixnn/role/rank_simulation.hpp"
#include "mixnn/role/simulated_exchange.hpp"
#include "mixnn/train/schedule.hpp"

namespace mixnn {

// When the simulated owner releases which micro-batch, as TrainingRun does it: by the schedule, with at most
// `in_flight` messages under way, backwards first; a step may begin once the one before has released all. Its
// only work of its own is the loss.
class SimulatedOwner {
 public:
  struct Run {
    ScheduleKind schedule;
    std::size_t depth;              // of Schedule
    std::vector<std::size_t> rows;  // of the micro-batches
    LinearCost loss;                // by rows
    std::size_t in_flight;
    std::size_t steps;
  };
  // `send_inputs` and `send_gradient` are called for each release. `ranks` must outlive it.
  SimulatedOwner(RankSimulation& ranks, Run run, OnExchange send_inputs, OnExchange send_gradient);

  static constexpr std::size_t kRank = 0;

  void start();
  void on_logits(const SimulatedExchange& exchange);
  void on_backward_done(const SimulatedExchange& exchange);
  const std::vector<double>& ended() const { return ended_; }  // when, by step

 private:
  struct Step {
    std::size_t index;
    Schedule schedule;
  };
  Schedule& schedule_of(std::size_t step) { return active_[step - active_.front().index].schedule; }
  void release();

  RankSimulation& ranks_;
  Run run_;
  OnExchange send_inputs_, send_gradient_;
  std::size_t started_ = 0, under_way_ = 0;
  std::deque<Step> active_;
  std::deque<SimulatedExchange> backwards_, forwards_;
  std::vector<double> ended_;
};

}  // namespace mixnn
