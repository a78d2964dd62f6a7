#pragma once
#include <algorithm>
#include <cstddef>

#include "mixnn/base/clock.hpp"
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/forecast/run_setting.hpp"

namespace mixnn {

// What the links alone need for a step, seconds, however fast the processors are. 0 on one host.
struct LinkBounds {
  double busiest = 0;  // the bytes of the busiest host's link
  // What the messages of one micro-batch take on the links, one after the other, each with its
  // latencies, forward and backward, but for what travels ahead; in rounds all exchanges of a step.
  // A mean over routes as they are drawn.
  double chain = 0;
  // No bound: what the run's own schedule takes on these links if processors take no time, with
  // messages that wait for each other on a link. Another schedule might take less. In rounds it is
  // the chain.
  double schedule = 0;
  // Between all hosts. What processors take to hand them over is in none of these times: it is the
  // network's driver, of which nothing is known here.
  double bytes = 0;
  double largest() const { return std::max(busiest, chain); }
};
// Pure.
LinkBounds link_bounds(const RunSetting& setting);

// What one step of training will take, once the pipeline runs; start and end of an epoch are left
// out.
struct Forecast {
  std::size_t micro_batches = 0, cell_bytes = 0, cells_per_message = 0;
  std::size_t exchanges = 0;  // of a step, in rounds
  Nanoseconds period{0};      // of a round, with a pace
  double step_s = 0;
  WorkSeconds work{};  // processor time of one step, all ranks
  double bubble = 0;   // share of the cores' time in which they have nothing to do
  // No schedule is faster than the work over all cores, or the busiest rank's without helpers; nor
  // than the links let it be.
  double cores_s = 0;
  LinkBounds links_s;
  double bound_s() const { return std::max(cores_s, links_s.largest()); }
  double cells = 0;  // of one step, over all links
  double bytes_on_wire = 0;
  double baseline_s = 0;  // the fastest single process
  double slowdown = 0;
};

// Simulates some steps of the run: the owner's schedule, credits and ticket books, the hosts' order
// of work, fresh routes for every message, placement drawn with a fixed seed. Cores that ranks
// share are shared as RankSimulation says; an idle core costs nothing. Not modelled: mixing
// thresholds, caches that another rank has emptied, and the processor time of a network's driver.
// In rounds: the exchanges of the public schedule, as RoundSimulation says, and with a pace no
// shorter than their rounds; one to be settled is estimated. Pure.
Forecast forecast(const RunSetting& setting, const CostModel& costs);

}  // namespace mixnn
