#include "mixnn/app/job_machines.hpp"

#include <algorithm>

namespace mixnn {

Machines machines_of(const JobHosts& hosts) {
  Machines machines;
  machines.hosts = hosts.count();
  machines.cores = std::ranges::min(hosts.cores);
  machines.host_of_rank = hosts.host_of_rank;
  if (hosts.count() == 1) return machines;
  machines.bytes_per_second = hosts.bytes_per_second;
  machines.latency = hosts.latency_s;
  machines.lone_byte = hosts.lone_byte_s;
  return machines;
}

}  // namespace mixnn
