#include "mixnn/rounds/draw.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "mixnn/rounds/keys.hpp"
#include "rounds/draw_testing.hpp"

namespace mixnn {
namespace {

using testing::DrawnEpoch;
using Ends = std::pair<std::uint32_t, std::uint32_t>;

// What is on a link: what its sender put there. The ends are for the test alone.
struct WalkedSlot {
  std::uint32_t x = 0;
  std::uint8_t role = 0;
  std::string p, k, q;
};

// One draw of all ranks, each of which goes by its own table and its own secret.
class TableWalk {
 public:
  TableWalk(const DrawnEpoch& epoch, DrawTable RankTable::*draw, DrawNumber number)
      : epoch_(epoch), draw_(draw), number_(number), ranks_(epoch.bulk.ranks()) {}

  // Of each circuit that arrives with the keys that its receiver has been told, its role.
  std::map<Ends, std::uint8_t> arrived() {
    send();
    for (std::size_t hop = 0; hop < epoch_.bulk.hops(); ++hop) relay(hop);
    std::map<Ends, std::uint8_t> roles;
    each_link([&](std::uint32_t from, std::uint32_t to) {
      const DrawTable::Receiver& row = table(to).receives[from];
      const WalkedSlot& slot = links_.at({from, to});
      EXPECT_EQ(hex(row.q), slot.q);
      EXPECT_EQ(hex(row.k), slot.k);
      EXPECT_EQ(row.role, slot.role);
      EXPECT_TRUE(roles.emplace(Ends{slot.x, to}, row.role).second);
    });
    return roles;
  }

 private:
  const DrawTable& table(std::uint32_t rank) const { return epoch_.tables[rank].*draw_; }
  static std::string hex(const Key& key) { return to_hex(key.bytes()); }
  void each_link(const auto& visit) const {
    for (std::uint32_t from = 0; from < ranks_; ++from)
      for (std::uint32_t to = 0; to < ranks_; ++to)
        if (from != to) visit(from, to);
  }

  void send() {
    each_link([&](std::uint32_t x, std::uint32_t first) {
      const DrawTable::Sender& row = table(x).sends[first];
      links_[{x, first}] = {x, row.role, hex(row.p), hex(k_key(epoch_.secrets[x], number_, first)),
                            ""};
    });
  }
  void relay(std::size_t hop) {
    std::map<Ends, WalkedSlot> next;
    each_link([&](std::uint32_t in, std::uint32_t relay) {
      WalkedSlot slot = links_.at({in, relay});
      const std::uint32_t out = table(relay).relays[hop][in];
      if (hop == crossover_hop(epoch_.bulk.hops())) {
        EXPECT_EQ(slot.p, hex(p_key(epoch_.secrets[relay], number_, in)));
        slot.q = hex(q_key(epoch_.secrets[relay], number_, out));
      }
      EXPECT_TRUE(next.emplace(Ends{relay, out}, slot).second);
    });
    links_ = std::move(next);
  }

  const DrawnEpoch& epoch_;
  DrawTable RankTable::*draw_;
  DrawNumber number_;
  std::uint32_t ranks_;
  std::map<Ends, WalkedSlot> links_;
};

class Tables : public ::testing::TestWithParam<std::size_t> {
 protected:
  const std::size_t hops = GetParam();
};

TEST_P(Tables, BringEachCircuitFromOneEndToTheOtherWithItsKeysAndRole) {
  for (const std::uint32_t ranks : {5u, 6u, 8u, 13u}) {
    SCOPED_TRACE(ranks);
    const DrawnEpoch epoch(ranks, hops, {3, 1, 4}, 7);
    std::map<Ends, std::uint8_t> bulk, training;
    for (std::uint32_t x = 0; x < ranks; ++x)
      for (std::uint32_t y = 0; y < ranks; ++y)
        if (x != y) {
          bulk[{x, y}] = x == 0 || y == 0 ? circuit_role::kOwner : 0;
          training[{x, y}] = 0;
        }
    for (const Ends& forward : {Ends{0, 3}, {3, 1}, {1, 4}, {4, 0}})
      training[forward] = circuit_role::kForward;
    for (const Ends& backward : {Ends{0, 4}, {4, 1}, {1, 3}, {3, 0}})
      training[backward] = circuit_role::kBackward;
    EXPECT_EQ(TableWalk(epoch, &RankTable::bulk, DrawNumber::kBulk).arrived(), bulk);
    EXPECT_EQ(TableWalk(epoch, &RankTable::training, DrawNumber::kTraining).arrived(), training);
  }
}

TEST_P(Tables, OfOneHostHaveBothRolesOnItsTwoCircuits) {
  const DrawnEpoch epoch(5, hops, {2}, 8);
  for (const auto& [circuit, role] :
       TableWalk(epoch, &RankTable::training, DrawNumber::kTraining).arrived())
    EXPECT_EQ(role, circuit == Ends(0, 2) || circuit == Ends(2, 0)
                        ? circuit_role::kForward | circuit_role::kBackward
                        : 0);
}

// A key that came twice would tell two of its holders, or one in two draws, that both are of one
// rank.
TEST_P(Tables, HoldNoKeyTwice) {
  const DrawnEpoch epoch(8, hops, {3, 1, 4}, 9);
  std::set<std::string> keys;
  std::size_t count = 0;
  const auto add = [&](const Key& key) {
    keys.insert(to_hex(key.bytes()));
    ++count;
  };
  for (std::uint32_t rank = 0; rank < 8; ++rank)
    for (std::uint32_t other = 0; other < 8; ++other) {
      if (other == rank) continue;
      for (const auto* draw : {&epoch.tables[rank].bulk, &epoch.tables[rank].training}) {
        add(draw->sends[other].p);
        add(draw->receives[other].q);
        add(draw->receives[other].k);
      }
      add(epoch.tables[rank].links[other].to);
    }
  EXPECT_EQ(keys.size(), count);
}

TEST_P(Tables, HoldLinkKeysThatBothEndsShare) {
  const DrawnEpoch epoch(6, hops, {3, 1}, 10);
  for (std::uint32_t from = 0; from < 6; ++from)
    for (std::uint32_t to = 0; to < 6; ++to)
      if (from != to) {
        EXPECT_EQ(to_hex(epoch.tables[from].links[to].to.bytes()),
                  to_hex(epoch.tables[to].links[from].from.bytes()));
      }
}

std::set<std::uint32_t> ranks_whose_tables_differ(const DrawnEpoch& one, const DrawnEpoch& other) {
  std::set<std::uint32_t> differ;
  for (std::uint32_t rank = 0; rank < one.tables.size(); ++rank)
    if (encode(one.tables[rank]) != encode(other.tables[rank])) differ.insert(rank);
  return differ;
}

// Of the same routes and keys, whoever has no other neighbour has the same table, byte for byte.
TEST_P(Tables, ChangeForThoseAloneWhoseOwnNeighboursChange) {
  using Ranks = std::set<std::uint32_t>;
  const auto epoch = [&](std::vector<std::uint32_t> chain) {
    return DrawnEpoch(9, hops, std::move(chain), 11);
  };
  const DrawnEpoch plan = epoch({3, 1, 4, 6, 2});
  EXPECT_EQ(ranks_whose_tables_differ(plan, epoch({3, 1, 4, 6, 2})), Ranks());
  EXPECT_EQ(ranks_whose_tables_differ(plan, epoch({3, 1, 4, 2, 6})), (Ranks{0, 4, 6, 2}));
  EXPECT_EQ(ranks_whose_tables_differ(plan, epoch({3, 1, 4, 6, 5})), (Ranks{0, 6, 2, 5}));
  EXPECT_EQ(ranks_whose_tables_differ(plan, epoch({3, 1, 4, 6, 2, 5})), (Ranks{0, 2, 5}))
      << "a longer chain";
}

INSTANTIATE_TEST_SUITE_P(Hops, Tables, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace mixnn
