#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace mixnn {

// The route of one message: the first `hops` of a fresh uniformly random permutation of all ranks.
// Sender and receiver are among them, and so is the owner: a route that left them out would show a
// sender its neighbour, as the one first hop that it never sees (docs/threat-model.md, P2).
template <class Rng>
std::vector<std::uint32_t> draw_route(std::uint32_t ranks, std::size_t hops, Rng& rng) {
  std::vector<std::uint32_t> route(ranks);
  std::iota(route.begin(), route.end(), 0u);
  for (std::size_t i = 0; i < hops; ++i)
    std::swap(route[i], route[i + rng.below(static_cast<std::uint32_t>(ranks - i))]);
  route.resize(hops);
  return route;
}

}  // namespace mixnn
