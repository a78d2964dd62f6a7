#include "mixnn/forecast/rounds/round_work.hpp"

#include "mixnn/rounds/table.hpp"

namespace mixnn {
namespace {

// What only shows between processes, as in forecast/calibrate.cpp: so many times what can be timed
// in one. Ranks that share cores take turns, about once a round, and each finds its slots, and what
// it keeps of them, driven out of the caches. Fitted to runs of all cases of bench/plan_rounds.sh
// on two cores.
constexpr double kHandOverOfSlot = 0.4e-6;  // queues and pools of both ranks
constexpr double kLayersOfByte = 0.5;       // as long as half a layer of sealing on it
constexpr double kChangesOfRound = 1.5;

}  // namespace

RoundWork::RoundWork(const CostModel& costs, const Setting& setting)
    : costs_(costs), setting_(setting) {}

WorkSeconds RoundWork::slots(const LinearCost& cost) const {
  return seconds_of_kind(WorkKind::kSealing, static_cast<double>(setting_.ranks - 1) *
                                                 cost(static_cast<double>(setting_.slot_bytes)));
}

WorkSeconds RoundWork::sending() const { return slots(costs_.slot.send); }

WorkSeconds RoundWork::taking(std::size_t round) const {
  WorkSeconds work = slots(round == setting_.hops                  ? costs_.slot.receive
                           : round == crossover_hop(setting_.hops) ? costs_.slot.cross
                                                                   : costs_.slot.relay);
  const double way = kHandOverOfSlot + kLayersOfByte * costs_.cell.aead.per_unit *
                                           static_cast<double>(setting_.slot_bytes);
  at(work, WorkKind::kHandOver) =
      static_cast<double>(setting_.ranks - 1) * way +
      (setting_.shared_cores ? kChangesOfRound * costs_.cell.process_change : 0);
  return work;
}

}  // namespace mixnn
