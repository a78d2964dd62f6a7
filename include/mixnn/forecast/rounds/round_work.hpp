#pragma once
#include <cstddef>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"

namespace mixnn {

// Processor time of one rank in an exchange: of all N - 1 slots that it sends, and of those that it
// takes in each round. Pure.
class RoundWork {
 public:
  struct Setting {
    std::size_t ranks = 0, hops = 0, slot_bytes = 0;
    bool shared_cores = false;  // ranks are more than cores
  };
  RoundWork(const CostModel& costs, const Setting& setting);

  WorkSeconds sending() const;
  // Behind round 0 .. hops: as first relay, crossover, last relay or receiver, and fetching the
  // slots.
  WorkSeconds taking(std::size_t round) const;

 private:
  WorkSeconds slots(const LinearCost& cost) const;

  CostModel costs_;
  Setting setting_;
};

}  // namespace mixnn
