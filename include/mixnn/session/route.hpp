#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace mixnn {

// The route of one message: the first `hops` of a fresh uniformly random permutation of the relays.
template <class Rng>
std::vector<std::uint32_t> draw_route(std::vector<std::uint32_t> relays, std::size_t hops,
                                      Rng& rng) {
  for (std::size_t i = 0; i < hops; ++i)
    std::swap(relays[i], relays[i + rng.below(static_cast<std::uint32_t>(relays.size() - i))]);
  relays.resize(hops);
  return relays;
}

}  // namespace mixnn
