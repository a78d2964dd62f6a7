// The bad links of the benchmarks do what they say, and count it.
#include "transport/lossy_transport.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "mixnn/base/clock.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

using testing::LinkFaults;
using testing::LossyTransport;
using LossyFate = LossyTransport::Fate;

constexpr std::size_t kLossyBytes = 64;

// Rank 0 sends cells to rank 1 that say their number; how often each number has come, 0 for what
// says none of them.
struct LossyLink {
  LoopbackNetwork network{2, 1};
  CellPool sends{kLossyBytes, 8}, takes{kLossyBytes, 8};
  ManualClock clock;
  LossyTransport lossy;
  std::map<std::uint32_t, int> came;
  std::vector<std::uint32_t> order;

  LossyLink(double rate, std::vector<LossyFate> fates)
      : lossy(network.at(0), rate, 3, std::move(fates), &clock) {
    lossy.open(sends);
    network.at(1).open(takes);
  }
  void send(std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t number = first; number <= last; ++number) {
      CellBuffer cell = sends.take();
      ASSERT_TRUE(cell);
      for (std::size_t at = 0; at < kLossyBytes; at += sizeof number)
        std::memcpy(cell.bytes().data() + at, &number, sizeof number);
      lossy.send(1, std::move(cell));
      take();
    }
  }
  void take() {
    while (const std::optional<Arrival> arrival = network.at(1).poll()) {
      std::array<std::uint32_t, kLossyBytes / 4> words{};
      std::memcpy(words.data(), arrival->cell.bytes().data(), kLossyBytes);
      const bool whole = std::ranges::all_of(words, [&](auto word) { return word == words[0]; });
      order.push_back(whole ? words[0] : 0);
      ++came[order.back()];
    }
  }
};

TEST(LossyLinks, DropDoubleAndAlterWhatTheyCount) {
  LossyLink drops(1, {LossyFate::kDrop}), doubles(1, {LossyFate::kDouble}),
      alters(1, {LossyFate::kAlter});
  for (LossyLink* link : {&drops, &doubles, &alters}) link->send(1, 50);
  EXPECT_TRUE(drops.came.empty());
  EXPECT_EQ(drops.lossy.faults().dropped, 50u);
  EXPECT_EQ(doubles.came.size(), 50u);
  EXPECT_EQ(doubles.order.size(), 100u);
  EXPECT_EQ(doubles.lossy.faults().doubled, 50u);
  EXPECT_EQ(alters.came, (std::map<std::uint32_t, int>{{0, 50}}));
  const LinkFaults& faults = alters.lossy.faults();
  EXPECT_EQ(faults.altered + faults.misnamed, 50u);
  EXPECT_GT(faults.misnamed, 5u);
  EXPECT_GT(faults.altered, 25u);
}

TEST(LossyLinks, LetOthersPassWhatTheyDelay) {
  LossyLink delays(1, {LossyFate::kDelay});
  delays.send(1, 3);  // one is held at a time
  EXPECT_EQ(delays.order.size(), 2u);
  EXPECT_EQ(delays.order.front(), 2u);
  delays.clock.advance(LossyTransport::kMostDelay);
  delays.lossy.poll();
  delays.take();
  EXPECT_EQ(delays.order, (std::vector<std::uint32_t>{2, 3, 1}));
  EXPECT_EQ(delays.lossy.faults().delayed, 1u);
}

TEST(LossyLinks, DoItAtTheirRateAndByTheirSeed) {
  std::vector<LossyFate> drops{LossyFate::kDrop};
  LossyLink some(0.25, drops), again(0.25, drops), none(0, drops);
  for (LossyLink* link : {&some, &again, &none}) link->send(1, 400);
  EXPECT_EQ(some.order, again.order);
  EXPECT_NEAR(static_cast<double>(some.order.size()), 300, 40);
  EXPECT_EQ(none.order.size(), 400u);
  EXPECT_EQ(none.lossy.faults().all(), 0u);
}

TEST(LossyLinks, AlterACellOfOneNumber) {
  LossyLink liar(0, {LossyFate::kAlter});
  liar.lossy.alter_number(7);
  liar.send(1, 10);
  EXPECT_EQ(liar.order, (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 0, 8, 9, 10}));
  EXPECT_EQ(liar.lossy.faults().all(), 1u);
}

}  // namespace
}  // namespace mixnn
