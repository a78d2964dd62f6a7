#pragma once
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/train/evaluation.hpp"

namespace mixnn {

// What was measured, as lines of at most 80 columns, and as "evaluation" of a report.
std::vector<std::string> evaluation_lines(const Evaluation& evaluation, double wall_s);
void add_evaluation(Json& report, const Evaluation& evaluation, double wall_s);

}  // namespace mixnn
