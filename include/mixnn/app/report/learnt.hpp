#pragma once
#include <optional>
#include <string>

#include "mixnn/app/json.hpp"
#include "mixnn/session/machine_map.hpp"
#include "mixnn/session/options.hpp"

namespace mixnn {

std::string bits_text(double bits);

// What follows for the ends of messages from these alone, by calculation (docs/threat-model.md,
// P9).
struct Routing {
  bool in_rounds = false;
  std::size_t ranks = 0, stages = 0, hops = 0;  // stages on hosts
  std::optional<Redraw> redraw;                 // if it is known
  std::optional<MachineMap> machines = {};      // the same; several
};

// Whether there is such traffic, so that the others answer.
bool has_figures(const Routing& routing);
// What others learn of the plan from traffic, alone and with relays: lines, and for a report.
std::string learnt_text(const Routing& routing);
Json learnt_json(const Routing& routing);

}  // namespace mixnn
