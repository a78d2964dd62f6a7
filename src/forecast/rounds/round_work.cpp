#include "mixnn/forecast/rounds/round_work.hpp"

#include "mixnn/rounds/table.hpp"

namespace mixnn {
namespace {

// What only shows between processes, as in forecast/calibrate.cpp: so many times what can be timed
// in one. All slots of a round come together, but a rank wakes, looks and sleeps again until the
// last is there. Fitted to runs of `mlp` among six ranks on two cores.
constexpr double kHandOverOfSlot = 0.3e-6;  // queues and pools of both ranks
constexpr double kShareOfWays = 0.25;       // of a cell's: half of the slots are of this core
constexpr double kChangesOfRound = 4;

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
  const double way = kHandOverOfSlot + kShareOfWays * costs_.cell.hand_over.per_unit *
                                           static_cast<double>(setting_.slot_bytes);
  at(work, WorkKind::kHandOver) =
      static_cast<double>(setting_.ranks - 1) * way +
      (setting_.shared_cores ? kChangesOfRound * costs_.cell.process_change : 0);
  return work;
}

}  // namespace mixnn
