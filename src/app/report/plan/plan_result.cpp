#include "mixnn/app/report/plan/plan_result.hpp"

#include <algorithm>
#include <optional>

namespace mixnn {

const Forecast& PlanResult::chosen() const {
  return *std::ranges::find(forecasts, options.training.micro_batches, &Forecast::micro_batches);
}

Routing PlanResult::routing() const {
  const SessionOptions& session = options.session;
  const PlanOptions& where = options.plan;
  std::optional<MachineMap> map;
  if (where.hosts > 1) map = spread_evenly(where.ranks, where.hosts);
  return {session.in_rounds(), where.ranks, stages, session.hops, session.redraw, map};
}

}  // namespace mixnn
