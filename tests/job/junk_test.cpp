// What is not of the run, or comes again, is dropped and counted; the run goes on with the right
// bits (P5). What alters or loses a cell of the run: tampering_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "job/attack.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {
namespace {

using testing::Attack;
using testing::AttackedJob;
using testing::cells_of_a_run;
using testing::expect_undisturbed;
using ::testing::HasSubstr;
using testing::run_under;
using JunkFate = LoopbackNetwork::Fate;
using JunkWire = LoopbackNetwork::Wire;
using JunkCell = std::vector<std::byte>;

JunkCell junk_bytes(CounterRng& rng, std::size_t size) {
  JunkCell bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
  return bytes;
}

TEST(Junk, ACellThatComesAgainIsDropped) {
  const std::uint64_t cells = cells_of_a_run(2);
  CounterRng rng(20, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 20; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells - 30));
    int from = -1, to = -1;
    const AttackedJob job = run_under({[&](LoopbackNetwork&, JunkWire& wire) {
                                         if (wire.number != victim) return JunkFate::kDeliver;
                                         from = wire.from, to = wire.to;
                                         return JunkFate::kDuplicate;
                                       },
                                       2});
    expect_undisturbed(job);
    ASSERT_EQ(job.trained.totals.refused.size(), 1u) << victim;
    EXPECT_EQ(job.trained.totals.refused[0].from, static_cast<std::uint32_t>(from));
    EXPECT_EQ(job.trained.totals.refused[0].by, static_cast<std::uint32_t>(to));
    EXPECT_EQ(job.trained.totals.refused[0].messages, 1u);
    EXPECT_EQ(job.trained.totals.rejected, 1u);
  }
}

// Kept from the first epoch, and sent again in the last: its keys are gone.
TEST(Junk, ACellOfAnEarlierEpochIsDropped) {
  const std::uint64_t cells = cells_of_a_run(1);
  JunkCell old;
  int to = -1;
  const AttackedJob job = run_under({[&](LoopbackNetwork& network, JunkWire& wire) {
                                       if (wire.number == 20) {
                                         old.assign(wire.cell.begin(), wire.cell.end());
                                         to = wire.to;
                                       }
                                       if (wire.number == cells - 60) network.inject(1, to, old);
                                       return JunkFate::kDeliver;
                                     },
                                     1});
  expect_undisturbed(job);
  EXPECT_EQ(job.refused, 1u);
}

// Forged from nothing, made of genuine cells with an altered slot, sent to ranks that they are not
// for, and sent again with whatever body once the genuine one is through.
TEST(Junk, TenThousandForgedAlteredAndRepeatedCellsChangeNothing) {
  constexpr std::uint64_t kJunk = 10000;
  const std::uint64_t cells = cells_of_a_run(3), each = kJunk / (cells - 100) + 1;
  CounterRng rng(21, RandomPurpose::kTest, 0);
  struct Later {
    int from, to;
    JunkCell cell;
  };
  std::deque<Later> later;
  std::uint64_t sent = 0;
  const AttackedJob job = run_under({[&](LoopbackNetwork& network, JunkWire& wire) {
    const JunkCell genuine(wire.cell.begin(), wire.cell.end());
    for (std::uint64_t i = 0; i < each && sent < kJunk; ++i) {
      JunkCell cell = genuine;
      int from = wire.from, to = wire.to;
      switch (rng.below(4)) {
        case 0:
          cell = junk_bytes(rng, cell.size());
          from = static_cast<int>(rng.below(7));
          break;
        case 1:
          cell[rng.below(kSlotBytes)] ^= std::byte{32};
          break;
        case 2:
          to = (to + 1) % 7;
          break;
        default:
          if (later.empty()) continue;
          from = later.front().from, to = later.front().to, cell = later.front().cell;
          if (rng.below(2) == 0) cell.back() ^= std::byte{1};
      }
      network.inject(from, to, cell);
      ++sent;
    }
    if (later.size() > 20) later.pop_front();
    later.push_back({wire.from, wire.to, genuine});
    return JunkFate::kDeliver;
  }});
  expect_undisturbed(job);
  EXPECT_EQ(sent, kJunk);
  EXPECT_EQ(job.refused, kJunk);
  EXPECT_EQ(job.trained.totals.rejected, kJunk);
}

TEST(Junk, MessagesOfAnotherSizeAndDatagramsAreDroppedAndCounted) {
  CounterRng rng(22, RandomPurpose::kTest, 0);
  std::uint64_t sent = 0;
  const AttackedJob job = run_under({[&](LoopbackNetwork& network, JunkWire& wire) {
    if (wire.number % 10 == 5 && wire.number > 200) {
      const JunkCell shorter(wire.cell.begin(), wire.cell.end() - 1);
      network.inject(3, wire.to, shorter);
      network.inject(3, wire.to, junk_bytes(rng, wire.cell.size() + 1));
      network.at(3).send_datagram(wire.to, junk_bytes(rng, 40));
      sent += 3;
    }
    return JunkFate::kDeliver;
  }});
  expect_undisturbed(job);
  EXPECT_GT(sent, 100u);
  EXPECT_EQ(job.refused, sent);
  for (const Refused& refused : job.trained.totals.refused) EXPECT_EQ(refused.from, 3u);
}

// Ranks that no handshake has anything to do with, before it has begun and while it goes on.
TEST(Junk, AStrangersDatagramDoesNotBreakAHandshake) {
  Attack attack{[](LoopbackNetwork&, JunkWire&) { return JunkFate::kDeliver; }};
  attack.before = [](LoopbackNetwork& network) {
    const JunkCell junk(48, std::byte{7});
    for (int rank = 1; rank < network.at(0).size(); ++rank)
      for (int from = 1; from < network.at(0).size(); ++from)
        if (from != rank) network.at(from).send_datagram(rank, junk);
  };
  const AttackedJob job = run_under(attack);
  expect_undisturbed(job);
  EXPECT_EQ(job.refused, 30u);
}

// Else a rank that sends junk for ever would hold up a run for ever that has lost a cell.
TEST(Junk, AFloodIsNoProgress) {
  const AttackedJob job = run_under({[&](LoopbackNetwork& network, JunkWire& wire) {
                                       if (wire.number < 300) return JunkFate::kDeliver;
                                       const JunkCell junk(wire.cell.size());
                                       network.pump([&network, junk] {
                                         for (int i = 0; i < 40; ++i) network.inject(2, 0, junk);
                                       });
                                       return JunkFate::kDrop;
                                     },
                                     3, 0.5});
  EXPECT_THAT(job.error, HasSubstr("no progress for 0.5 s"));
  EXPECT_THAT(job.error, HasSubstr(" messages from rank 2 were refused by rank 0"));
}

}  // namespace
}  // namespace mixnn
