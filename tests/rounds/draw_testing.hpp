#pragma once
#include <span>
#include <vector>

#include "crypto/crypto_testing.hpp"
#include "mixnn/rounds/draw.hpp"

namespace mixnn::testing {

inline std::vector<Key> draw_secrets(std::uint32_t ranks, Csprng& rng) {
  std::vector<Key> secrets;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) secrets.push_back(rng.key());
  return secrets;
}

// One key epoch: routes, secrets, and the tables of a chain of hosts. The same seed draws the same,
// whatever the chain.
struct DrawnEpoch {
  DrawnEpoch(std::uint32_t ranks, std::size_t hops, std::vector<std::uint32_t> chain,
             std::uint8_t seed)
      : hosts(std::move(chain)),
        rng(seeded(seed)),
        bulk(draw_routes(ranks, hops, rng)),
        training(draw_routes(ranks, hops, rng)),
        secrets(draw_secrets(ranks, rng)),
        tables(draw_tables({bulk, training, hosts, secrets}, rng)) {}

  std::vector<std::uint32_t> hosts;
  Csprng rng;
  Routes bulk, training;
  std::vector<Key> secrets;
  std::vector<RankTable> tables;
};

}  // namespace mixnn::testing
