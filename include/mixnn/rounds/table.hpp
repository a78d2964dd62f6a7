#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

// What a circuit is for, as its two ends know it: bits, and 0 for one that carries dummies alone.
namespace circuit_role {
inline constexpr std::uint8_t kForward = 1, kBackward = 2, kOwner = 4, kAll = 7;
}  // namespace circuit_role

// Public ranges of exchanges, each with routes of its own.
enum class DrawNumber : std::uint8_t {
  kLanes = 0,     // no circuits: before tables have come
  kBulk = 1,      // between the owner and each rank
  kTraining = 2,  // along the chain of stages, tests included
};

// What one rank is told of one draw: no rank but those at the other ends of its own links, and keys
// that name nobody. Rows and outputs are by rank; those of the rank itself are not used.
struct DrawTable {
  struct Sender {  // of the circuit whose first link goes to that rank
    std::uint8_t role = 0;
    Key p;
  };
  struct Receiver {  // of the circuit whose last link comes from that rank
    std::uint8_t role = 0;
    Key q, k;
  };
  std::vector<Sender> sends;
  // By hop of a path (first relay, crossover, last relay as there are), by the rank that a slot
  // comes from: the rank that it goes on to.
  std::vector<std::vector<std::uint8_t>> relays;
  std::vector<Receiver> receives;
};

// All that a rank is told in one key epoch; of the same size for every rank.
struct RankTable {
  struct Link {  // shared with that rank: of what goes to it, and of what comes from it
    Key to, from;
  };
  DrawTable bulk, training;
  std::vector<Link> links;
};

}  // namespace mixnn
