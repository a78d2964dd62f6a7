#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/forecast/rounds/round_work.hpp"
#include "mixnn/forecast/run_setting.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

// Exchanges of a step of so many micro-batches, where steps follow one another
// (rounds/public_schedule.hpp). `allowance`: exchanges until an answer.
constexpr std::size_t exchanges_of_step(std::size_t ranks, std::size_t micro_batches,
                                        std::size_t allowance = 1) {
  return micro_batches - 1 + 2 * allowance * (ranks - 1);
}
// Between two steps, where each has routes and keys of its own (--redraw batch).
std::size_t exchanges_of_redraw(std::size_t ranks, std::size_t hops, std::size_t allowance = 1);

// How steps follow one another, without end: so many steps take so many exchanges, then it is all
// the same again.
struct StepPattern {
  std::vector<std::size_t> begins;  // of each of its steps, in exchanges
  std::size_t exchanges = 0;
};
StepPattern step_pattern(const TrainingOptions& training, const SessionOptions& session,
                         std::size_t ranks, std::size_t micro_batches);

// Some steps of one run in rounds. In each round a rank waits for the slots of all others; between
// two exchanges it computes what the last one brought, and begins the next when that is done. Of a
// pace it knows nothing. Pure.
class RoundSimulation {
 public:
  // So many patterns of steps. Both must outlive it.
  RoundSimulation(const RunSetting& setting, const CostModel& costs, std::size_t patterns);
  RoundSimulation(const RoundSimulation&) = delete;  // events hold `this`
  RoundSimulation& operator=(const RoundSimulation&) = delete;

  void run();  // once

  const MessageSizes& sizes() const { return sizes_; }
  std::size_t micro_batches() const { return rows_.size(); }
  std::size_t exchanges() const;  // of a step, in the mean, rounded up
  std::size_t steps() const { return patterns_ * pattern_.begins.size(); }
  std::size_t exchanges_of_all() const { return patterns_ * pattern_.exchanges; }
  std::size_t steps_of_pattern() const { return pattern_.begins.size(); }
  const std::vector<double>& ended() const { return ended_; }  // when the next begins, by pattern
  const WorkSeconds& work() const { return ranks_.work(); }    // of all steps and ranks
  double busy(std::size_t rank) const { return ranks_.busy(rank); }
  double busiest_link() const { return ranks_.busiest_link(); }  // seconds, of all steps
  double link_bytes() const { return ranks_.link_bytes(); }      // of all steps
  double cells() const;                                          // of all steps, over all links

 private:
  // The micro-batch that has come over so many links since its step began; none: rows 0.
  struct Reached {
    double rows = 0;
    bool last = false;
  };
  Reached reached(std::size_t exchange, std::size_t links) const;
  double hosts_work(std::size_t stage, std::size_t exchange) const;
  double owners_work(std::size_t exchange) const;

  void begin(std::size_t rank, std::size_t exchange);
  void sent(std::size_t rank, std::size_t round);
  void arrive(std::size_t host, std::size_t round);
  void take(std::size_t rank, std::size_t round);
  void compute(std::size_t rank, std::size_t exchange);

  const RunSetting& setting_;
  const CostModel& costs_;
  MessageSizes sizes_;
  RankSimulation ranks_;
  RoundWork work_;
  std::vector<std::size_t> rows_;  // by micro-batch
  std::size_t rounds_;             // of an exchange
  StepPattern pattern_;
  std::size_t patterns_;
  std::size_t stages_, before_, behind_;
  StageCosts own_first_, own_last_;
  std::vector<std::vector<std::size_t>> here_;  // by host and round of all: ranks whose slots are
  std::vector<double> ended_;
};

}  // namespace mixnn
