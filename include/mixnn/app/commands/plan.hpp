#pragma once
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/cut_table.hpp"
#include "mixnn/app/report/link_choices.hpp"
#include "mixnn/forecast/forecast.hpp"
#include "mixnn/forecast/memory.hpp"
#include "mixnn/forecast/spot_check_work.hpp"
#include "mixnn/transport/job_hosts.hpp"

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
  MemoryForecast memory;       // with the micro-batches that are chosen
  double spot_check_work = 0;  // as a share of the work of a step
};

// Predicts a training without training: calibrates on this machine, simulates every number of
// micro-batches. Needs neither MPI nor a data set; one that is given says of which type its numbers
// are. Throws UsageError if the model cannot run on so many ranks.
PlanResult make_plan(const AppOptions& options);
// Of a job: as many ranks as it has, on these hosts and links.
PlanResult make_plan(const AppOptions& options, const JobHosts& hosts);

std::string plan_text(const PlanResult& plan);  // fits 80 columns
Json plan_json(const PlanResult& plan);

void run_plan(AppOptions& options);  // prints and writes; throws RunError
std::string plan_of_job(AppOptions& options, const JobHosts& hosts);  // the text, and writes

}  // namespace mixnn
