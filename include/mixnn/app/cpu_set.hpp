#pragma once
#include <sched.h>
#include <sys/types.h>

#include <map>

namespace mixnn {

// How many processors this process may use now.
int usable_cpus();

// While it lives, all threads of this process may run on every processor that the system gives the
// process, whatever a launcher bound it to. Afterwards each has its own set again, and threads that
// began meanwhile the main thread's.
class WholeCpuSet {
 public:
  WholeCpuSet();
  ~WholeCpuSet();
  WholeCpuSet(const WholeCpuSet&) = delete;
  WholeCpuSet& operator=(const WholeCpuSet&) = delete;

 private:
  std::map<pid_t, cpu_set_t> before_;
};

}  // namespace mixnn
