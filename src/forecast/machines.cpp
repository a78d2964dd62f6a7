#include "mixnn/forecast/machines.hpp"

#include <algorithm>

#include "mixnn/base/check.hpp"

namespace mixnn {

std::vector<std::vector<std::size_t>> Machines::ranks_by_host(std::size_t ranks) const {
  MIXNN_CHECK(hosts >= 1, "ranks need a host");
  MIXNN_CHECK(host_of_rank.empty() || host_of_rank.size() == ranks, "each rank is on a host");
  std::vector<std::vector<std::size_t>> there(hosts);
  if (host_of_rank.empty()) {
    for (std::size_t host = 0; host < hosts; ++host)
      for (std::size_t rank = host * ranks / hosts; rank < (host + 1) * ranks / hosts; ++rank)
        there[host].push_back(rank);
  } else {
    for (std::size_t rank = 0; rank < ranks; ++rank) there.at(host_of_rank[rank]).push_back(rank);
  }
  return there;
}

bool Machines::share_cores(std::size_t ranks) const {
  return std::ranges::any_of(ranks_by_host(ranks),
                             [this](const auto& here) { return here.size() > cores; });
}

}  // namespace mixnn
