#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/session/machine_map.hpp"

namespace mixnn {

// Who does what: the owner's secret. Pure: a generator in, decisions out. Every rank relays,
// whatever else it does (route.hpp).
struct Plan {
  // Ranks 1 .. ranks-1 by place. The first `stages` places host the stages, in order; the others
  // are decoys: they are sent as much, of the same sizes, and it holds nothing.
  std::vector<std::uint32_t> places;
  std::size_t stages = 0;
  std::size_t before = 0;  // stages of the owner's own, before those

  std::size_t stage_number(std::size_t place) const {
    return before + place + 1;
  }  // as people count
  std::size_t decoys() const { return places.size() - stages; }
  bool hosts(std::uint32_t rank) const {
    for (std::size_t stage = 0; stage < stages; ++stage)
      if (places[stage] == rank) return true;
    return false;
  }
};

// All ranks but the owner dealt out at random.
template <class Rng>
Plan draw_plan(std::uint32_t ranks, std::size_t stages, Rng& rng) {
  Plan plan;
  plan.stages = stages;
  for (std::uint32_t rank = 1; rank < ranks; ++rank) plan.places.push_back(rank);
  shuffle(std::span(plan.places), rng);
  return plan;
}

// Whether stages beside each other are on one machine that is not the owner's.
inline bool neighbours_share(const MachineMap& machines, std::span<const std::uint32_t> hosts) {
  return std::ranges::adjacent_find(hosts, [&](std::uint32_t rank, std::uint32_t next) {
           return machines.of[rank] != 0 && machines.of[rank] == machines.of[next];
         }) != hosts.end();
}

// The same where ranks share machines: stages lie on them as spread_of says, and of all plans that
// keep to it each is as likely as any other. So whoever knows the machines knows no more of a plan
// than that it is one of these.
template <class Rng>
Plan draw_plan(const MachineMap& machines, std::size_t stages, Rng& rng) {
  const StageSpread spread = spread_of(machines, stages);
  const std::vector<std::vector<std::uint32_t>> groups = machines.groups();
  const GroupShares shares(groups, stages, spread.most);
  std::vector<std::uint32_t> hosts, decoys;
  do {
    hosts.clear();
    decoys.clear();
    for (std::size_t group = 0; group < groups.size(); ++group) {
      std::vector<std::uint32_t> ranks = groups[group];
      shuffle(std::span(ranks), rng);
      const std::size_t share = shares.draw(group, stages - hosts.size(), rng);
      const auto cut = ranks.begin() + static_cast<std::ptrdiff_t>(share);
      hosts.insert(hosts.end(), ranks.begin(), cut);
      decoys.insert(decoys.end(), cut, ranks.end());
    }
    shuffle(std::span(hosts), rng);
  } while (spread.apart && neighbours_share(machines, hosts));
  shuffle(std::span(decoys), rng);
  Plan plan;
  plan.stages = stages;
  plan.places = std::move(hosts);
  plan.places.insert(plan.places.end(), decoys.begin(), decoys.end());
  return plan;
}

}  // namespace mixnn
