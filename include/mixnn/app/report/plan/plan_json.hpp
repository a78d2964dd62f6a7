#pragma once
#include "mixnn/app/json.hpp"
#include "mixnn/app/report/plan/plan_result.hpp"

namespace mixnn {

// The keys are in docs/reference.md.
Json plan_json(const PlanResult& plan);

}  // namespace mixnn
