#pragma once
#include <string>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/forecast/forecast.hpp"

namespace mixnn {

// What `mixnn plan` found: one forecast for each number of micro-batches.
struct PlanResult {
  std::string model;
  std::size_t stages = 0, ranks = 0;
  std::string aead;
  std::size_t chosen = 0;    // micro_batches that train and compare would use
  bool chosen_auto = false;  // by the program
  Machines machines;
  CostModel costs;
  std::vector<Forecast> forecasts;
};

// Foretells training without training: calibrates on this machine, simulates every number of
// micro-batches. Needs neither MPI nor a data set. Throws UsageError where the model cannot run on
// so many ranks.
PlanResult make_plan(const AppOptions& options);

std::string plan_text(const AppOptions& options, const PlanResult& plan);  // fits 80 columns
Json plan_json(const AppOptions& options, const PlanResult& plan);

void run_plan(const AppOptions& options);  // prints and writes; throws RunError

}  // namespace mixnn
