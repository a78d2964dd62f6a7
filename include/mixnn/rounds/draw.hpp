#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/rounds/routes.hpp"
#include "mixnn/rounds/table.hpp"

namespace mixnn {

// What the owner makes of its plan for one key epoch.
struct EpochDraw {
  const Routes& bulk;                    // of as many ranks and hops
  const Routes& training;                // as these
  std::span<const std::uint32_t> hosts;  // of the stages, in order: other ranks than the owner's, 0
  std::span<const Key> secrets;          // by rank, the owner's among them
};

// The table of each rank, by rank. What is in a rank's own is all that it may know of the plan: the
// links on which its own circuits begin and end, and what they are for.
std::vector<RankTable> draw_tables(const EpochDraw& epoch, Csprng& rng);  // of the link keys

}  // namespace mixnn
