#include "mixnn/session/machine_map.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

// A draw is repeated until no neighbours share a machine. Where machines hold more stages than
// this, that would take too long, and each of them knows most of the network anyway.
constexpr std::size_t kMostApart = 10;

double choices(std::size_t of, std::size_t chosen) {
  double ways = 1;
  for (std::size_t i = 0; i < chosen; ++i)
    ways *= static_cast<double>(of - i) / static_cast<double>(i + 1);
  return ways;
}

}  // namespace

std::size_t MachineMap::count() const {
  return of.empty() ? 0 : std::size_t{*std::ranges::max_element(of)} + 1;
}

std::vector<std::uint32_t> MachineMap::sizes() const {
  std::vector<std::uint32_t> sizes(count());
  for (const std::uint32_t machine : of) ++sizes[machine];
  return sizes;
}

std::vector<std::vector<std::uint32_t>> MachineMap::groups() const {
  std::vector<std::vector<std::uint32_t>> groups(count() - 1);
  for (std::uint32_t rank = 1; rank < of.size(); ++rank)
    if (of[rank] == 0)
      groups.push_back({rank});
    else
      groups[of[rank] - 1].push_back(rank);
  return groups;
}

MachineMap one_machine(std::size_t ranks) {
  MachineMap machines;
  machines.of.assign(ranks, 0);
  return machines;
}

MachineMap group_by_machine(const std::vector<std::string>& labels, MachineMap::By by) {
  MachineMap machines;
  machines.by = by;
  std::vector<std::string> known;
  for (const std::string& label : labels) {
    const auto at = std::ranges::find(known, label);
    machines.of.push_back(static_cast<std::uint32_t>(at - known.begin()));
    if (at == known.end()) known.push_back(label);
  }
  return machines;
}

StageSpread spread_of(const MachineMap& machines, std::size_t stages) {
  std::vector<std::size_t> sizes;
  for (const auto& group : machines.groups()) sizes.push_back(group.size());
  const auto room = [&](std::size_t most) {
    std::size_t stages_at_most = 0;
    for (const std::size_t size : sizes) stages_at_most += std::min(size, most);
    return stages_at_most;
  };
  StageSpread spread;
  while (room(spread.most) < stages) {
    MIXNN_CHECK(spread.most < machines.of.size(), "more stages than ranks");
    ++spread.most;
  }
  spread.apart = spread.most <= std::min((stages + 1) / 2, kMostApart) || spread.most == 1;
  return spread;
}

GroupShares::GroupShares(const std::vector<std::vector<std::uint32_t>>& groups, std::size_t ranks,
                         std::size_t most)
    : ranks_(ranks), most_(most), ways_(groups.size() + 1, std::vector<double>(ranks + 1)) {
  for (const auto& group : groups) sizes_.push_back(group.size());
  ways_.back()[0] = 1;
  for (std::size_t group = groups.size(); group-- > 0;) {
    std::vector<double>& row = ways_[group];
    for (std::size_t left = 0; left <= ranks; ++left)
      for (std::size_t share = 0; share <= std::min(left, most); ++share)
        row[left] += ways(group, left, share);
    const double largest = std::ranges::max(row);
    for (double& ways : row) ways /= largest;
    log2_scale_ += std::log2(largest);
  }
}

double GroupShares::ways(std::size_t group, std::size_t left, std::size_t share) const {
  if (share > std::min({left, most_, sizes_[group]})) return 0;
  return choices(sizes_[group], share) * ways_[group + 1][left - share];
}

double GroupShares::log2_choices() const { return std::log2(ways_.front()[ranks_]) + log2_scale_; }

std::size_t GroupShares::share_at(std::size_t group, std::size_t left, double at) const {
  double sum = 0;
  for (std::size_t share = 0; share <= std::min(left, most_); ++share)
    sum += ways(group, left, share);
  std::size_t last = 0;  // that there is a way for, if rounding leaves something over
  for (std::size_t share = 0; share <= std::min(left, most_); ++share) {
    const double here = ways(group, left, share);
    if (here == 0) continue;
    last = share;
    if ((at -= here / sum) < 0) break;
  }
  return last;
}

double bits_of_machines(const MachineMap& machines, std::size_t stages) {
  const std::vector<std::vector<std::uint32_t>> any{
      std::vector<std::uint32_t>(machines.of.size() - 1)};
  return GroupShares(any, stages, stages).log2_choices() -
         GroupShares(machines.groups(), stages, spread_of(machines, stages).most).log2_choices();
}

double next_host_bits(const MachineMap& machines, std::size_t stages) {
  MIXNN_CHECK(stages > 1 && spread_of(machines, stages).most == 1, "hosts that share a machine");
  const std::vector<std::vector<std::uint32_t>> groups = machines.groups();
  const double all = GroupShares(groups, stages, 1).log2_choices();
  // Of all plans, the share of those with a given rank of the first group as host and some rank of
  // the second. It follows from how large they are.
  std::map<std::pair<std::size_t, std::size_t>, double> known;
  const auto weight = [&](std::size_t first, std::size_t second) {
    const auto [at, fresh] = known.try_emplace({groups[first].size(), groups[second].size()}, 0.0);
    if (!fresh) return at->second;
    std::vector<std::vector<std::uint32_t>> others;
    for (std::size_t group = 0; group < groups.size(); ++group)
      if (group != first && group != second) others.push_back(groups[group]);
    const GroupShares shares(others, stages - 2, 1);
    if (shares.possible())
      at->second =
          std::exp2(shares.log2_choices() - all) * static_cast<double>(groups[second].size());
    return at->second;
  };
  double entropies = 0, weights = 0;
  for (std::size_t first = 0; first < groups.size(); ++first) {
    double entropy = 0, sum = 0;  // of weights that are not normalized yet
    for (std::size_t second = 0; second < groups.size(); ++second) {
      const double here = second == first ? 0 : weight(first, second);
      if (here == 0) continue;
      sum += here;
      entropy -= here * std::log2(here / static_cast<double>(groups[second].size()));
    }
    if (sum == 0) continue;
    const double hosts = sum * static_cast<double>(groups[first].size());
    entropies += hosts * (entropy / sum + std::log2(sum));
    weights += hosts;
  }
  return std::log2(static_cast<double>(machines.of.size()) - 2) - entropies / weights;
}

MachineMap spread_evenly(std::size_t ranks, std::size_t machines) {
  MachineMap spread = one_machine(ranks);
  for (std::size_t rank = 1; rank < ranks && machines > 1; ++rank)
    spread.of[rank] = static_cast<std::uint32_t>(1 + (rank - 1) % (machines - 1));
  return spread;
}

}  // namespace mixnn
