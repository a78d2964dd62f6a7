#include "mixnn/machine/cores.hpp"

#include <unistd.h>

#include <algorithm>

namespace mixnn {
namespace {

cpu_set_t no_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return set;
}

cpu_set_t all_cores() {
  cpu_set_t set = no_cores();
  for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu)
    CPU_SET(static_cast<std::size_t>(cpu), &set);
  return set;
}

// Those that this process may run on; none if it does not know.
cpu_set_t allowed_cores() {
  cpu_set_t set = no_cores();
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? set : no_cores();
}

}  // namespace

cpu_set_t one_core(int core) {
  cpu_set_t set = no_cores();
  CPU_SET(static_cast<std::size_t>(core), &set);
  return set;
}

std::vector<int> core_numbers(const cpu_set_t& cores) {
  std::vector<int> numbers;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &cores)) numbers.push_back(core);
  return numbers;
}

void stay_on(const cpu_set_t& cores) { ::sched_setaffinity(0, sizeof cores, &cores); }

// Different groups begin at different cores, so that the jobs of a machine do not all take the
// first ones.
cpu_set_t within_quota(const cpu_set_t& cores, const std::optional<CoreQuota>& quota) {
  const std::vector<int> numbers = core_numbers(cores);
  if (!quota || numbers.size() <= static_cast<std::size_t>(quota->cores)) return cores;
  cpu_set_t kept = no_cores();
  for (int i = 0; i < quota->cores; ++i) {
    const std::size_t at =
        (quota->group * static_cast<std::size_t>(quota->cores) + static_cast<std::size_t>(i)) %
        numbers.size();
    CPU_SET(static_cast<std::size_t>(numbers[at]), &kept);
  }
  return kept;
}

cpu_set_t usable_cores(const std::optional<CoreQuota>& quota) {
  const cpu_set_t allowed = allowed_cores();
  return within_quota(CPU_COUNT(&allowed) > 0 ? allowed : all_cores(), quota);
}

// A rank tells the others its set, and an empty one if it does not know.
std::vector<HostCores::Allowed> HostCores::ask_all(HostGroup& host,
                                                   const std::optional<CoreQuota>& quota) {
  const cpu_set_t mine = within_quota(allowed_cores(), quota);
  std::vector<Allowed> ranks;
  for (const cpu_set_t& told : gather(host, mine, "counting the host's cores")) {
    const bool known = CPU_COUNT(&told) > 0;
    ranks.push_back({known ? told : within_quota(all_cores(), quota), known});
  }
  return ranks;
}

HostCores::HostCores(HostGroup& host, const std::optional<CoreQuota>& quota)
    : ranks_(ask_all(host, quota)),
      all_(within_quota(any(), quota)),
      mine_(static_cast<std::size_t>(host.number())) {}

cpu_set_t HostCores::any() const {
  cpu_set_t set = no_cores();
  for (const Allowed& rank : ranks_) CPU_OR(&set, &set, &rank.cores);
  return set;
}

int HostCores::told() const {
  const cpu_set_t set = any();
  return CPU_COUNT(&set);
}

std::size_t HostCores::own() const {
  cpu_set_t mine = no_cores();
  CPU_AND(&mine, &ranks_[mine_].cores, &all_);
  const auto sharers = std::ranges::count_if(ranks_, [&](const Allowed& other) {
    cpu_set_t both;
    CPU_AND(&both, &mine, &other.cores);
    return CPU_COUNT(&both) > 0;
  });
  return static_cast<std::size_t>(CPU_COUNT(&mine) / std::max<std::ptrdiff_t>(1, sharers));
}

std::vector<int> HostCores::common() const {
  const Allowed& first = ranks_.front();
  const bool alike = std::ranges::all_of(ranks_, [&](const Allowed& rank) {
    return rank.known && CPU_EQUAL(&rank.cores, &first.cores);
  });
  return alike ? core_numbers(first.cores) : std::vector<int>{};
}

}  // namespace mixnn
