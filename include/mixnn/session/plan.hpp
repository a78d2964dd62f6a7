#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn {

// Who does what: the owner's secret. Pure: a generator in, decisions out.
struct Plan {
  std::vector<std::uint32_t> host;    // rank by stage
  std::vector<std::uint32_t> relays;  // ranks
};

// Ranks 1 .. ranks-1 dealt out at random: the first `stages` of the permutation host, the rest
// relay.
template <class Rng>
Plan draw_plan(std::uint32_t ranks, std::size_t stages, Rng& rng) {
  std::vector<std::uint32_t> dealt;
  for (std::uint32_t rank = 1; rank < ranks; ++rank) dealt.push_back(rank);
  shuffle(std::span(dealt), rng);
  const auto cut = dealt.begin() + static_cast<std::ptrdiff_t>(stages);
  return {{dealt.begin(), cut}, {cut, dealt.end()}};
}

}  // namespace mixnn
