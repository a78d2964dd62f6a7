#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "mixnn/base/codec.hpp"
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
  kDistress = 3,  // no draw: of slots by which a rank says that it has not heard the owner
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
  // comes from: the rank that it goes on to. kNoRank in the place of the rank itself.
  std::vector<std::vector<std::uint8_t>> relays;
  std::vector<Receiver> receives;
};
inline constexpr std::uint8_t kNoRank = 0xff;

// All that a rank is told in one key epoch; of the same size for every rank.
struct RankTable {
  struct Link {  // shared with that rank: of what goes to it, and of what comes from it
    Key to, from;
  };
  DrawTable bulk, training;
  std::vector<Link> links;
  std::uint8_t own = 0;  // the rank that it is for
};

// Which of the hops of a path, from 0, is the crossover.
constexpr std::size_t crossover_hop(std::size_t hops) { return hops == 3 ? 1 : 0; }

// How large a table is, and whose it is.
struct TableShape {
  std::uint8_t ranks = 0, hops = 0, own = 0;
  bool exists() const { return ranks >= 3 && hops >= 1 && hops <= 3 && own < ranks; }
  bool operator==(const TableShape&) const = default;
};
TableShape shape_of(const RankTable& table);
// No roles, keys of zeros, and slots that go back to where they come from.
RankTable empty_table(const TableShape& shape);
// Whether each slot of another rank goes on to another rank, no two to the same.
bool passes_each_once(const std::vector<std::uint8_t>& next, std::uint8_t own);

// The rows of the others, in the order of their ranks.
void describe_draw(auto& codec, auto& draw, const TableShape& shape) {
  for (std::uint32_t rank = 0; rank < shape.ranks; ++rank) {
    if (rank == shape.own) continue;
    codec.number(draw.sends[rank].role);
    codec.bytes(draw.sends[rank].p.bytes());
    codec.require(draw.sends[rank].role <= circuit_role::kAll);
  }
  for (auto& next : draw.relays) {
    for (auto& rank : next) codec.number(rank);
    codec.require(passes_each_once(next, shape.own));
  }
  for (std::uint32_t rank = 0; rank < shape.ranks; ++rank) {
    if (rank == shape.own) continue;
    codec.number(draw.receives[rank].role);
    codec.bytes(draw.receives[rank].q.bytes());
    codec.bytes(draw.receives[rank].k.bytes());
    codec.require(draw.receives[rank].role <= circuit_role::kAll);
  }
}
void describe(auto& codec, Of<RankTable> auto& table) {
  TableShape shape = shape_of(table);
  codec.numbers(shape.ranks, shape.hops, shape.own);
  if (!codec.require(shape.exists())) return;
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(table)>>)
    table = empty_table(shape);
  describe_draw(codec, table.bulk, shape);
  describe_draw(codec, table.training, shape);
  for (std::uint32_t rank = 0; rank < shape.ranks; ++rank) {
    if (rank == shape.own) continue;
    codec.bytes(table.links[rank].to.bytes());
    codec.bytes(table.links[rank].from.bytes());
  }
}

// The table that `bytes` are, or nothing if it is malformed or of another shape.
std::optional<RankTable> decode_table(ConstBytes bytes, const TableShape& shape);

}  // namespace mixnn
