#include "mixnn/app/cpu_set.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

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
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

WholeCpuSet::WholeCpuSet() {
  cpu_set_t all;  // the kernel takes what the process's cpuset holds of it
  CPU_ZERO(&all);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &all);
  for (const pid_t thread : threads_of_process()) {
    cpu_set_t& set = before_[thread];
    if (sched_getaffinity(thread, sizeof(set), &set) == 0)
      sched_setaffinity(thread, sizeof(all), &all);
  }
}

WholeCpuSet::~WholeCpuSet() {
  const cpu_set_t& fallback = before_[getpid()];
  for (const pid_t thread : threads_of_process()) {
    const auto known = before_.find(thread);
    const cpu_set_t& set = known == before_.end() ? fallback : known->second;
    sched_setaffinity(thread, sizeof(set), &set);
  }
}

}  // namespace mixnn
