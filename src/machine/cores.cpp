#include "mixnn/machine/cores.hpp"

#include <unistd.h>

#include <algorithm>

namespace mixnn {

cpu_set_t one_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  return set;
}

// A rank tells the others its set, and an empty one if it does not know.
std::vector<HostCores::Allowed> HostCores::ask_all(HostGroup& host) {
  cpu_set_t mine, all;
  CPU_ZERO(&mine);
  CPU_ZERO(&all);
  for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu)
    CPU_SET(static_cast<std::size_t>(cpu), &all);
  if (::sched_getaffinity(0, sizeof mine, &mine) != 0) CPU_ZERO(&mine);
  std::vector<Allowed> ranks;
  for (const cpu_set_t& told : gather(host, mine, "counting the host's cores")) {
    const bool known = CPU_COUNT(&told) > 0;
    ranks.push_back({known ? told : all, known});
  }
  return ranks;
}

HostCores::HostCores(HostGroup& host)
    : ranks_(ask_all(host)), mine_(static_cast<std::size_t>(host.number())) {}

int HostCores::count() const {
  cpu_set_t any;
  CPU_ZERO(&any);
  for (const Allowed& rank : ranks_) CPU_OR(&any, &any, &rank.cores);
  return CPU_COUNT(&any);
}

std::size_t HostCores::own() const {
  const cpu_set_t& mine = ranks_[mine_].cores;
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
  std::vector<int> cores;
  for (int core = 0; alike && core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &first.cores)) cores.push_back(core);
  return cores;
}

}  // namespace mixnn
