#include "mixnn/transport/loopback.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kCellBytes = 256;

// Three ranks, each with a pool of its own.
class LoopbackTest : public ::testing::Test {
 protected:
  LoopbackTest() {
    for (int rank = 0; rank < 3; ++rank) network.at(rank).open(pool(rank));
  }
  CellPool& pool(int rank) { return pools[static_cast<std::size_t>(rank)]; }

  void send(int from, int to, std::uint32_t number) {
    CellBuffer cell = pool(from).take();
    ASSERT_TRUE(cell);
    std::memset(cell.bytes().data(), 0, cell.bytes().size());
    std::memcpy(cell.bytes().data(), &number, sizeof number);
    network.at(from).send(to, std::move(cell));
  }
  // The numbers of all cells that have come to a rank.
  std::vector<std::uint32_t> receive(int rank) {
    std::vector<std::uint32_t> numbers;
    while (std::optional<Arrival> arrival = network.at(rank).poll()) {
      numbers.push_back(0);
      std::memcpy(&numbers.back(), arrival->cell.bytes().data(), sizeof(std::uint32_t));
    }
    return numbers;
  }

  std::array<CellPool, 3> pools{CellPool(kCellBytes, 4), CellPool(kCellBytes, 4),
                                CellPool(kCellBytes, 4)};
  LoopbackNetwork network{3, 1};
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(LoopbackTest, DeliversInOrderAndSaysWhoSent) {
  for (std::uint32_t i = 0; i < 10; ++i) send(0, 1, i);
  EXPECT_EQ(receive(1), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(receive(2), Numbers{});
  send(2, 2, 7);  // to itself
  const std::optional<Arrival> arrival = network.at(2).poll();
  ASSERT_TRUE(arrival);
  EXPECT_EQ(arrival->from, 2);
  EXPECT_EQ(network.cells_sent(), 11u);
}

// As over MPI. It was another exception, which no node reports to its owner.
TEST_F(LoopbackTest, ACellForARankThatDoesNotExistIsAnError) {
  for (const int nobody : {3, -1}) EXPECT_THROW(send(0, nobody, 1), RunError);
  EXPECT_EQ(pool(0).in_use(), 0u);
}

TEST_F(LoopbackTest, CopiesCellsFromPoolToPool) {
  send(0, 1, 42);
  EXPECT_EQ(pool(0).in_use(), 0u) << "the sender's cell is free as soon as it is sent";
  EXPECT_FALSE(network.quiet());
  {
    const std::optional<Arrival> arrival = network.at(1).poll();
    ASSERT_TRUE(arrival);
    EXPECT_EQ(pool(1).in_use(), 1u) << "the receiver's is its own";
    send(0, 2, 43);  // the sender's memory is used again
    std::uint32_t number = 0;
    std::memcpy(&number, arrival->cell.bytes().data(), sizeof number);
    EXPECT_EQ(number, 42u);
  }
  EXPECT_EQ(pool(1).in_use(), 0u);
  EXPECT_EQ(receive(2), Numbers{43});
  EXPECT_TRUE(network.quiet());
}

TEST_F(LoopbackTest, HoldsCellsBackWhileThePoolIsUsedUp) {
  for (std::uint32_t i = 0; i < 6; ++i) send(0, 1, i);
  std::vector<Arrival> held;
  while (std::optional<Arrival> arrival = network.at(1).poll()) held.push_back(std::move(*arrival));
  EXPECT_EQ(held.size(), 4u);
  held.clear();
  EXPECT_EQ(receive(1), (Numbers{4, 5}));
}

TEST_F(LoopbackTest, DropsAndDuplicatesAsTold) {
  network.on_cell([](LoopbackNetwork::Wire& wire) {
    return wire.number == 1   ? LoopbackNetwork::Fate::kDrop
           : wire.number == 2 ? LoopbackNetwork::Fate::kDuplicate
                              : LoopbackNetwork::Fate::kDeliver;
  });
  for (std::uint32_t i = 0; i < 4; ++i) send(0, 1, i);
  EXPECT_EQ(receive(1), (Numbers{0, 2, 2, 3}));
}

TEST_F(LoopbackTest, AltersAndMisroutesAsTold) {
  network.on_cell([](LoopbackNetwork::Wire& wire) {
    if (wire.from == 0 && wire.to == 1) {
      wire.cell[0] = std::byte{9};
      wire.to = 2;
    }
    return LoopbackNetwork::Fate::kDeliver;
  });
  send(0, 1, 5);
  send(1, 1, 6);
  EXPECT_EQ(receive(1), Numbers{6});
  EXPECT_EQ(receive(2), Numbers{9});
}

TEST_F(LoopbackTest, ReordersEachCellExactlyOnceAndAlikeForOneSeed) {
  const auto order = [](std::uint64_t seed) {
    CellPool cells(kCellBytes, 4);
    LoopbackNetwork lonely(1, seed);
    lonely.reorder(true);
    lonely.at(0).open(cells);
    for (int i = 0; i < 50; ++i) {
      CellBuffer cell = cells.take();
      cell.bytes()[0] = static_cast<std::byte>(i);
      lonely.at(0).send(0, std::move(cell));
    }
    std::vector<int> numbers;
    while (std::optional<Arrival> arrival = lonely.at(0).poll())
      numbers.push_back(std::to_integer<int>(arrival->cell.bytes()[0]));
    return numbers;
  };
  std::vector<int> one = order(1);
  EXPECT_EQ(one, order(1));
  EXPECT_NE(one, order(2));
  EXPECT_FALSE(std::is_sorted(one.begin(), one.end()));
  std::sort(one.begin(), one.end());
  ASSERT_EQ(one.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(one[static_cast<std::size_t>(i)], i);
}

TEST_F(LoopbackTest, CarriesDatagramsInOrderBesideCells) {
  const std::array<std::byte, 3> first{std::byte{1}, std::byte{2}, std::byte{3}};
  network.at(0).send_datagram(1, first);
  network.at(2).send_datagram(1, {});
  send(0, 1, 8);
  const std::optional<Datagram> one = network.at(1).poll_datagram();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->from, 0);
  EXPECT_EQ(one->bytes, std::vector<std::byte>(first.begin(), first.end()));
  EXPECT_EQ(network.at(1).poll_datagram()->from, 2);
  EXPECT_FALSE(network.at(1).poll_datagram());
  EXPECT_EQ(receive(1), Numbers{8});
}

TEST_F(LoopbackTest, RunsTheOthersWhileRankZeroWaits) {
  int rounds = 0;
  network.pump([&] { ++rounds; });
  network.at(0).turns().idle(false);
  network.at(1).turns().idle(false);
  network.at(0).turns().idle(true);
  EXPECT_EQ(rounds, 2);
}

TEST_F(LoopbackTest, RunsALoopUntilItIsOver) {
  int waits = 0, turns = 0;
  network.pump([&] { ++waits; });
  network.at(0).turns().run([&] {
    constexpr std::array kTurns{Turn::kBusy, Turn::kIdle, Turn::kBusy, Turn::kRest, Turn::kOver};
    return kTurns.at(static_cast<std::size_t>(turns++));
  });
  EXPECT_EQ(turns, 5);
  EXPECT_EQ(waits, 2);
}

TEST_F(LoopbackTest, TakesNothingFromItsPoolOnceClosed) {
  send(0, 1, 1);
  network.at(1).close();
  EXPECT_FALSE(network.at(1).poll());
  EXPECT_EQ(pool(1).in_use(), 0u);
}

}  // namespace
}  // namespace mixnn
