#pragma once
#include <cstddef>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

// Processor time of handing on `cells` cells at once, at each place of their way. Pure.
class CellWork {
 public:
  CellWork(const CellCosts& costs, const MessageSizes& sizes, std::size_t hops)
      : costs_(costs), sizes_(sizes), hops_(hops) {}

  // At the sender: wrapping, and the tickets where the owner sends, for it makes each one itself.
  WorkSeconds sending(bool owner, std::size_t cells) const;
  // At the rank at `position` of the way: 0 .. hops-1 are relays, hops is the receiver. Peeling,
  // and fetching the cells from the rank before.
  WorkSeconds taking(std::size_t position, std::size_t cells) const;

 private:
  WorkSeconds sealing(const Passes& passes, double cells) const;

  CellCosts costs_;
  MessageSizes sizes_;
  std::size_t hops_;
};

}  // namespace mixnn
