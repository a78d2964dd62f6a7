#pragma once
#include <string>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/learnt.hpp"
#include "mixnn/app/report/plan/cut_table.hpp"
#include "mixnn/app/report/plan/link_choices.hpp"
#include "mixnn/forecast/forecast.hpp"
#include "mixnn/forecast/memory.hpp"
#include "mixnn/forecast/spot_check_work.hpp"

namespace mixnn {

// What `mixnn plan` found: one forecast for each number of micro-batches.
struct PlanResult {
  AppOptions options;  // settled: micro-batches that train and compare would use, ranks, machines
  std::string model;
  std::size_t stages = 0;         // on hosts
  OwnStages own;                  // of the owner's
  std::size_t largest_stage = 0;  // floats of its parameters
  std::string inputs;             // type of the samples' numbers, and how that is known
  std::vector<CutChoice> cuts;    // of a model that leaves its stages open
  std::string aead;
  std::vector<std::string> warnings;  // of the model's cut
  Machines machines;
  bool measured = false;  // the links between them
  CostModel costs;
  std::vector<Forecast> forecasts;
  std::vector<LinkChoice> choices;  // over several hosts
  MemoryForecast memory;            // with the micro-batches that are chosen
  double spot_check_work = 0;       // as a share of the work of a step

  const Forecast& chosen() const;  // with the micro-batches of `options`
  Routing routing() const;
};

}  // namespace mixnn
