#include "mixnn/transport/tapped_transport.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kTappedBytes = 64;

// Rank 1 of three is looked at.
class TappedTest : public ::testing::Test {
 protected:
  using Seen = std::tuple<bool, int, std::uint32_t, std::uint32_t>;  // sent, peer, taken, content
  TappedTest() {
    network.at(0).open(pool);
    tapped.open(own_pool);
  }

  void send(Transport& transport, CellPool& from, int to, std::uint32_t content) {
    CellBuffer cell = from.take();
    ASSERT_TRUE(cell);
    std::memcpy(cell.bytes().data(), &content, sizeof content);
    transport.send(to, std::move(cell));
  }
  void see(bool sent, const TappedTransport::Cell& cell) {
    EXPECT_EQ(cell.bytes.size(), kTappedBytes);
    std::uint32_t content = 0;
    std::memcpy(&content, cell.bytes.data(), sizeof content);
    seen.emplace_back(sent, cell.peer, cell.taken, content);
  }

  CellPool pool{kTappedBytes, 8}, own_pool{kTappedBytes, 2};
  LoopbackNetwork network{3, 1};
  std::vector<Seen> seen;
  TappedTransport tapped{network.at(1), [this](const auto& cell) { see(false, cell); },
                         [this](const auto& cell) { see(true, cell); }};
};

TEST_F(TappedTest, KnowsWhichCellTakenIsSent) {
  for (const std::uint32_t content : {10u, 11u}) send(network.at(0), pool, 1, content);
  std::optional<Arrival> first = tapped.poll(), second = tapped.poll();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(tapped.poll());  // the pool has no more
  tapped.send(2, std::move(second->cell));
  tapped.send(0, std::move(first->cell));
  EXPECT_EQ(seen, (std::vector<Seen>{
                      {false, 0, 1, 10}, {false, 0, 2, 11}, {true, 2, 2, 11}, {true, 0, 1, 10}}));
}

// The pool gives out the same memory again, which is then another cell.
TEST_F(TappedTest, WhatIsLetGoIsNotWhatIsSentInItsMemory) {
  send(network.at(0), pool, 1, 10);
  {
    const std::optional<Arrival> arrival = tapped.poll();
    ASSERT_TRUE(arrival);
    EXPECT_EQ(own_pool.in_use(), 1u);
  }
  EXPECT_EQ(own_pool.in_use(), 0u);
  send(tapped, own_pool, 2, 20);
  send(network.at(0), pool, 1, 12);
  std::optional<Arrival> third = tapped.poll();
  ASSERT_TRUE(third);
  tapped.send(2, std::move(third->cell));
  EXPECT_EQ(seen, (std::vector<Seen>{
                      {false, 0, 1, 10}, {true, 2, 0, 20}, {false, 0, 2, 12}, {true, 2, 2, 12}}));
}

TEST_F(TappedTest, CellsThatAreMovedAboutKeepTheirNumbers) {
  for (const std::uint32_t content : {10u, 11u}) send(network.at(0), pool, 1, content);
  std::vector<CellBuffer> held;
  while (std::optional<Arrival> arrival = tapped.poll()) held.push_back(std::move(arrival->cell));
  ASSERT_EQ(held.size(), 2u);
  std::swap(held[0], held[1]);
  for (CellBuffer& cell : held) tapped.send(2, std::move(cell));
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[2], (Seen{true, 2, 2, 11}));
  EXPECT_EQ(seen[3], (Seen{true, 2, 1, 10}));
}

}  // namespace
}  // namespace mixnn
