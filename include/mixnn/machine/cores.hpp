#pragma once
#include <sched.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "mixnn/machine/core_quota.hpp"
#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// A set with this core alone.
cpu_set_t one_core(int core);
std::vector<int> core_numbers(const cpu_set_t& cores);
// From now on the calling thread runs on these alone, if the system lets it.
void stay_on(const cpu_set_t& cores);

// As many of them as the quota pays for. Processes that share a quota keep the same ones.
cpu_set_t within_quota(const cpu_set_t& cores, const std::optional<CoreQuota>& quota);

// The cores that this process can use: those that it may run on (taskset, a cpuset, a launcher's
// binding), within its quota. Whatever counts cores in this program asks here, or HostCores.
cpu_set_t usable_cores(const std::optional<CoreQuota>& quota = core_quota());

// The cores that each rank of a host can use: each rank may be bound to a core of its own, or none
// to any.
class HostCores {
 public:
  // Collective.
  explicit HostCores(HostGroup& host, const std::optional<CoreQuota>& quota = core_quota());

  // Those that one or more of the ranks can use, within this rank's quota.
  const cpu_set_t& all() const { return all_; }
  int count() const { return CPU_COUNT(&all_); }
  // How many those are that one or more of the ranks can use, by their own quotas: the same on all
  // ranks.
  int told() const;
  // How many this rank has for itself: its share of those that it can use, among all that can use
  // one of them.
  std::size_t own() const;
  // Those that every rank can use; none if the ranks differ. The same on all ranks.
  std::vector<int> common() const;

 private:
  struct Allowed {
    cpu_set_t cores;
    bool known;  // otherwise all that there are
  };
  cpu_set_t any() const;
  static std::vector<Allowed> ask_all(HostGroup& host, const std::optional<CoreQuota>& quota);

  std::vector<Allowed> ranks_;
  cpu_set_t all_;
  std::size_t mine_;
};

}  // namespace mixnn
