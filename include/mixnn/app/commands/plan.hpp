#pragma once
#include <string>

#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/plan/plan_result.hpp"
#include "mixnn/transport/job_hosts.hpp"

namespace mixnn {

// Predicts a training without training: calibrates on this machine, simulates every number of
// micro-batches. Needs neither MPI nor a data set; one that is given says of which type its numbers
// are. Throws UsageError if the model cannot run on so many ranks.
PlanResult make_plan(const AppOptions& options);
// Of a job: as many ranks as it has, on these hosts and links.
PlanResult make_plan(const AppOptions& options, const JobHosts& hosts);

void run_plan(AppOptions& options);  // prints and writes; throws RunError
std::string plan_of_job(AppOptions& options, const JobHosts& hosts);  // the text, and writes

}  // namespace mixnn
