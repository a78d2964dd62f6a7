#include "mixnn/app/cpu_set.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "mixnn/machine/cores.hpp"

namespace mixnn {
namespace {

std::vector<pid_t> threads_of_process() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error))
    threads.push_back(std::atoi(entry.path().filename().c_str()));
  return threads;
}

}  // namespace

int usable_cpus() {
  const cpu_set_t set = usable_cores();
  return CPU_COUNT(&set);
}

HostCpuSet::HostCpuSet(const cpu_set_t& host) {
  for (const pid_t thread : threads_of_process()) {
    cpu_set_t& set = before_[thread];
    if (sched_getaffinity(thread, sizeof(set), &set) == 0)
      sched_setaffinity(thread, sizeof(host), &host);
  }
}

HostCpuSet::~HostCpuSet() {
  const cpu_set_t& fallback = before_[getpid()];
  for (const pid_t thread : threads_of_process()) {
    const auto known = before_.find(thread);
    const cpu_set_t& set = known == before_.end() ? fallback : known->second;
    sched_setaffinity(thread, sizeof(set), &set);
  }
}

}  // namespace mixnn
