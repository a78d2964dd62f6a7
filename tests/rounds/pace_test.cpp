// Rounds that keep to a clock, in time that the test owns: when slots go, and what a late rank
// changes in that and in what comes.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "mixnn/rounds/outbox.hpp"
#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;
using testing::RoundsJob;
using testing::text_of;

constexpr Nanoseconds kPeriod = 4ms, kTick = 100us;
constexpr std::size_t kPacedHops = 2;
constexpr std::uint64_t kPacedRounds = kPacedHops + 1;

TEST(RoundClock, RoundsGoEachAPeriodBehindTheLast) {
  RoundClock clock(kPeriod);
  EXPECT_EQ(clock.due(7), 0ns) << "the first at once";
  clock.goes(7, 1s);
  EXPECT_EQ(clock.due(8), 1s + kPeriod);
  clock.goes(8, 1s + kPeriod + 1ms);
  EXPECT_EQ(clock.due(9), 1s + 2 * kPeriod) << "less than a round is made up for";
}

TEST(RoundClock, WhoIsLaterThanARoundCountsFromThere) {
  RoundClock clock(kPeriod);
  clock.goes(0, 1s);
  clock.goes(1, 3s);
  EXPECT_EQ(clock.due(2), 3s + kPeriod);
}

TEST(RoundClock, AnotherPeriodCountsFromTheNextRound) {
  RoundClock clock(kPeriod);
  clock.goes(0, 1s);
  clock.set_period(2 * kPeriod);
  clock.goes(1, 2s);
  EXPECT_EQ(clock.due(2), 2s + 2 * kPeriod);
}

// When which slot of which link has gone.
using SlotTimes = std::map<std::tuple<std::uint64_t, unsigned, int, int>, Nanoseconds>;

// A chain 0 -> 1 -> 2 in which rank 1 says what is due at a logical number as soon as it may, or,
// where it is slow, only if that number comes again.
class PacedChain {
 public:
  explicit PacedChain(RoundsJob& job) : job_(job) {
    job.open(DrawNumber::kTraining);
    for (const auto& one : job.at) one->set_period(kPeriod);
    job.network.on_cell([this](LoopbackNetwork::Wire& wire) {
      const SlotName name = read_name(SlotView(wire.cell).clear()).value();
      EXPECT_TRUE(
          times.emplace(std::tuple(name.exchange, name.round, wire.from, wire.to), job_.clock.now())
              .second);
      return LoopbackNetwork::Fate::kDeliver;
    });
  }

  // Ranks look again after a tick of the clock.
  void run(std::uint64_t exchanges, const std::set<std::uint64_t>& late_at) {
    const std::uint64_t end = job_.at[0]->exchange() + exchanges;
    while (job_.at[0]->exchange() < end || job_.at[0]->under_way()) {
      for (std::uint32_t rank = 0; rank < job_.ranks; ++rank) turn(rank, end, late_at);
      job_.clock.advance(kTick);
    }
  }
  SlotTimes times;
  std::vector<std::uint32_t> came;  // to rank 2

 private:
  void turn(std::uint32_t rank, std::uint64_t end, const std::set<std::uint64_t>& late_at) {
    Exchanger& at = *job_.at[rank];
    at.poll();
    if (const std::optional<Brought> brought = at.take())
      for (const auto& one : brought->circuits)
        if (rank == 2) came.push_back(one.message.info.label.step);
    if (at.under_way() || at.exchange() == end) return;
    if (rank != 1) return at.begin({}, DrawNumber::kTraining);
    said_.clear();
    if (late_at.contains(at.exchange())) {
      at.be_late();
    } else {
      text_ = text_of(static_cast<std::uint32_t>(at.logical()), 40);
      said_.push_back({at.first_link(DrawNumber::kTraining, circuit_role::kForward).value(),
                       text_.info, text_.payload});
    }
    at.begin(said_, DrawNumber::kTraining);
  }

  RoundsJob& job_;
  testing::Text text_;
  std::vector<Said> said_;
};

TEST(Pace, SlotsOfARoundGoWhenItsTimeHasCome) {
  RoundsJob job(5, kPacedHops, AeadSuite::kChaCha20Poly1305);
  PacedChain chain(job);
  chain.run(6, {});
  const auto [first, round, from, to] = chain.times.begin()->first;
  const Nanoseconds begin = chain.times.begin()->second;
  for (const auto& [slot, time] : chain.times) {
    const std::uint64_t rounds = (std::get<0>(slot) - first) * kPacedRounds + std::get<1>(slot);
    EXPECT_EQ(time - begin, static_cast<std::int64_t>(rounds) * kPeriod) << rounds;
  }
  EXPECT_EQ(chain.times.size(), 6 * kPacedRounds * 5 * 4);
}

// What it should have said comes with a number that comes again; no slot goes at another time.
TEST(Pace, ALateRankShowsInNoTimeAndAllGoBackForIt) {
  SlotTimes in_time;
  for (const std::set<std::uint64_t>& late :
       {std::set<std::uint64_t>{}, {3}, {2, 3, 4}, {2, 5, 8}, {2, 3, 4, 5, 6, 7, 8}}) {
    RoundsJob job(5, kPacedHops, AeadSuite::kChaCha20Poly1305);
    PacedChain chain(job);
    chain.run(20, late);
    if (late.empty()) in_time = chain.times;
    EXPECT_EQ(chain.times, in_time);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t n = 1; n <= chain.came.size(); ++n) expected.push_back(n);
    std::vector<std::uint32_t> sorted = chain.came;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, expected) << "each once";
    EXPECT_EQ(job.at[0]->rewinds() > 0, !late.empty());
    EXPECT_EQ(job.at[0]->late_exchanges(1), late.size());
    EXPECT_EQ(job.at[0]->late_exchanges(2), 0u);
    EXPECT_EQ(job.at[1]->late_exchanges(1), late.size());
    EXPECT_EQ(chain.came.size(), 20 - 3 * job.at[0]->rewinds());
  }
}

TEST(Pace, TheOwnerIsLateLikeAnyRank) {
  RoundsJob job(5, kPacedHops, AeadSuite::kChaCha20Poly1305);
  job.open(DrawNumber::kTraining);
  job.exchange({}, DrawNumber::kTraining);
  job.at[0]->be_late();
  std::vector<std::uint64_t> logical;
  for (int e = 0; e < 5; ++e) {
    logical.push_back(job.at[3]->logical());
    job.exchange({}, DrawNumber::kTraining);
  }
  EXPECT_EQ(logical, (std::vector<std::uint64_t>{2, 3, 4, 2, 3}));
  EXPECT_EQ(job.at[0]->late_exchanges(0), 1u);
}

// Whoever was stopped goes on where the others have waited for it, and all keep their distance.
TEST(Pace, AllFollowOneThatWasStopped) {
  RoundsJob job(5, kPacedHops, AeadSuite::kChaCha20Poly1305);
  PacedChain chain(job);
  chain.run(2, {});
  job.clock.advance(1s);
  chain.run(3, {});
  Nanoseconds last{0};
  for (const auto& [slot, time] : chain.times) {
    if (std::get<2>(slot) != 3 || std::get<3>(slot) != 4) continue;
    if (last > 0ns) {
      EXPECT_GE(time - last, kPeriod);
    }
    last = time;
  }
  EXPECT_EQ(job.bad(), 0u);
}

// As with all that is slow, but not lost: nothing is missing before 50 rounds are over.
TEST(Pace, NothingIsMissingBeforeManyRoundsAreOver) {
  RoundsJob job(5, kPacedHops, AeadSuite::kChaCha20Poly1305);
  PacedChain chain(job);
  for (const auto& one : job.at) one->set_period(1s);  // the patience is 1 s
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    return wire.from == 3 && wire.to == 4 ? LoopbackNetwork::Fate::kDrop
                                          : LoopbackNetwork::Fate::kDeliver;
  });
  job.begin({}, DrawNumber::kTraining);
  const auto poll = [&] {
    for (int i = 0; i < 10; ++i)
      for (const auto& one : job.at) one->poll();
  };
  poll();
  for (int i = 0; i < 49; ++i) {
    job.clock.advance(1s);
    poll();
  }
  EXPECT_TRUE(job.at[4]->under_way());
  EXPECT_EQ(job.bad(), 0u);
  for (int i = 0; i < 300 && job.at[4]->under_way(); ++i) {
    job.clock.advance(1s);
    poll();
  }
  EXPECT_FALSE(job.at[4]->under_way());
  EXPECT_GT(job.at[4]->bad(), 0u);
}

}  // namespace
}  // namespace mixnn
