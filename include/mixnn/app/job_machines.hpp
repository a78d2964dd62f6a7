#pragma once
#include "mixnn/forecast/machines.hpp"
#include "mixnn/transport/job_hosts.hpp"

namespace mixnn {

// A job's hosts as forecasts take them: all with as few cores as the one that has fewest.
Machines machines_of(const JobHosts& hosts);

}  // namespace mixnn
