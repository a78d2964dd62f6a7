#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/base/random.hpp"

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

}  // namespace mixnn
