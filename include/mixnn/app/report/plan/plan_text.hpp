#pragma once
#include <string>

#include "mixnn/app/report/plan/plan_result.hpp"

namespace mixnn {

std::string plan_text(const PlanResult& plan);  // fits 80 columns

}  // namespace mixnn
