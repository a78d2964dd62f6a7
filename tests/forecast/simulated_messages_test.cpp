#include "mixnn/forecast/simulated_messages.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

// Rank 0 is the owner, 1 .. hops are relays, and one more rank receives. Wrapping takes 1, a relay
// 4, the receiver 2.
struct Way {
  explicit Way(std::size_t hops, std::size_t cells = 1)
      : sizes{.cell_bytes = 4096, .cells = cells},
        ranks(hops + 2, {.hosts = 1, .cores = 100}),
        receiver(hops + 1),
        messages(ranks, sizes, CellWork(kCosts, sizes, hops), [hops] { return relays(hops); }) {}

  static constexpr CellCosts kCosts{
      .aead = {}, .wrap = 1, .relay = 4, .receive = 2, .slot = 0, .hand_over = {}};
  static std::vector<std::uint32_t> relays(std::size_t hops) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t rank = 1; rank <= hops; ++rank) all.push_back(rank);
    return all;
  }
  // When each message of `count` arrived.
  std::vector<double> send(int count, const WorkSeconds& before = {}) {
    std::vector<double> arrivals;
    for (int i = 0; i < count; ++i)
      messages.send(0, receiver, 100, before, [&] { arrivals.push_back(ranks.now()); });
    ranks.run();
    return arrivals;
  }

  MessageSizes sizes;
  RankSimulation ranks;
  std::size_t receiver;
  SimulatedMessages messages;
};

TEST(SimulatedMessages, OneCellTakesTheSumOfItsWay) {
  EXPECT_EQ(Way(0).send(1), (std::vector<double>{3}));
  EXPECT_EQ(Way(3).send(1), (std::vector<double>{1 + 3 * 4 + 2}));
}

TEST(SimulatedMessages, WorkBeforeTheFirstCellIsDoneOnce) {
  Way way(0, 4);
  EXPECT_EQ(way.send(1, seconds_of_kind(WorkKind::kCompute, 10)),
            (std::vector<double>{10 + 4 + 2 + 3}));
  EXPECT_DOUBLE_EQ(way.ranks.work()[static_cast<std::size_t>(WorkKind::kCompute)], 10);
}

// One relay is the bottleneck: the cells follow each other at its pace.
TEST(SimulatedMessages, CellsOverlapOnTheirWay) {
  EXPECT_EQ(Way(1, 5).send(1), (std::vector<double>{1 + 5 * 4 + 2}));
}

TEST(SimulatedMessages, ArriveOnceEachAndCountOnEveryLink) {
  Way way(3, 40);  // more cells than pieces
  EXPECT_EQ(way.send(7).size(), 7u);
  EXPECT_DOUBLE_EQ(way.messages.cells(), 7 * 40 * 4);
  EXPECT_DOUBLE_EQ(sum(way.ranks.work()), 7 * 40 * (1 + 3 * 4 + 2));
}

}  // namespace
}  // namespace mixnn
