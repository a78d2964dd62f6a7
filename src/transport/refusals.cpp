#include "mixnn/transport/refusals.hpp"

#include <algorithm>

namespace mixnn {

std::vector<std::pair<std::uint32_t, std::uint64_t>> Refusals::worst(std::size_t most) const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> all;
  for (std::uint32_t rank = 0; rank < from_.size(); ++rank)
    if (from_[rank] > 0) all.emplace_back(rank, from_[rank]);
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.second > b.second; });
  if (all.size() > most) all.resize(most);
  return all;
}

}  // namespace mixnn
