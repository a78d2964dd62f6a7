#pragma once
#include <sched.h>
#include <sys/types.h>

#include <map>

namespace mixnn {

// How many cores this process can use now (machine/cores.hpp).
int usable_cpus();

// While it lives, all threads of this process may run on all the cores of `host`, those of a job's
// ranks, whatever a launcher bound the process to. Afterwards each has its own set again, and
// threads that began meanwhile the main thread's.
class HostCpuSet {
 public:
  explicit HostCpuSet(const cpu_set_t& host);
  ~HostCpuSet();
  HostCpuSet(const HostCpuSet&) = delete;
  HostCpuSet& operator=(const HostCpuSet&) = delete;

 private:
  std::map<pid_t, cpu_set_t> before_;
};

}  // namespace mixnn
