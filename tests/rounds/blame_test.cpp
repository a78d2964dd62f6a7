// Who is named where slots are lost or altered, or said to be: whatever hostile ranks do, and say
// of it, each pair that is named has one of them, and nobody else is named alone.
#include <gtest/gtest.h>

#include "mixnn/base/random.hpp"
#include "mixnn/rounds/blame/judge.hpp"
#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using testing::RoundsJob;
using Fate = LoopbackNetwork::Fate;
using Pairs = std::set<Verdict::Pair>;

constexpr std::uint64_t kLooked = 2;  // the exchange in which something happens

const Routes* routes_of(const RoundsJob& job, DrawNumber draw) {
  return draw == DrawNumber::kBulk       ? &job.bulk
         : draw == DrawNumber::kTraining ? &job.training
                                         : nullptr;
}

// A job that shows after its first rewind, with its judge.
struct JudgedJob {
  RoundsJob job;
  std::size_t hops;
  std::optional<Judge> judge;

  JudgedJob(std::uint32_t ranks, std::size_t h, DrawNumber draw, std::uint8_t seed = 1)
      : job(ranks, h, AeadSuite::kChaCha20Poly1305, {1, 2}, 300, seed), hops(h), draw_(draw) {
    job.at[0]->limit_rewinds(0);
    job.open(draw);
    job.exchange({}, draw);
  }
  // The exchange that is looked into, and two behind it.
  void run_to_showing() {
    for (int i = 0; i < 3; ++i) job.exchange({}, draw_);
  }
  void begin_to_judge() {
    ASSERT_TRUE(job.at[0]->showing());
    const Transcript& own = job.at[0]->shown();
    judge.emplace(*job.aead, own, routes_of(job, own.draw), job.secrets, hops);
    job.at[0]->show_to(*judge);
  }
  Verdict show_all() {
    begin_to_judge();
    EXPECT_EQ(job.at[0]->shown().exchange, kLooked);
    std::size_t exchanges = 0;
    for (; !job.at[0]->has_shown(); ++exchanges) job.exchange({}, DrawNumber::kLanes);
    EXPECT_EQ(exchanges, (kept_rounds(hops) * (job.ranks - 1) + hops) / (hops + 1));
    return judge->verdict();
  }

 private:
  DrawNumber draw_;
};

struct SlotPlace {
  std::uint32_t from, to;
  std::uint8_t round;
};
bool is_at(const LoopbackNetwork::Wire& wire, const SlotPlace& place) {
  const auto name = read_name(wire.cell.first(kClearBytes));
  return name && name->exchange == kLooked && name->round == place.round &&
         wire.from == static_cast<int>(place.from) && wire.to == static_cast<int>(place.to);
}

class BlameOfALink : public ::testing::TestWithParam<std::tuple<std::size_t, DrawNumber>> {
 protected:
  // What comes of it if this is done to each slot of an exchange, one at a time.
  void each_slot(
      const std::function<Fate(LoopbackNetwork::Wire&)>& harm,
      const std::function<bool(const SlotPlace&)>& shows = [](auto&) { return true; }) {
    const auto [hops, draw] = GetParam();
    for (std::uint8_t round = 0; round <= hops; ++round)
      for (std::uint32_t from = 0; from < 5; ++from)
        for (std::uint32_t to = 0; to < 5; ++to) {
          const SlotPlace place{from, to, round};
          if (from == to || !shows(place)) continue;
          JudgedJob judged(5, hops, draw);
          judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
            return is_at(wire, place) ? harm(wire) : Fate::kDeliver;
          });
          judged.run_to_showing();
          const Verdict verdict = judged.show_all();
          EXPECT_EQ(verdict.pairs, Pairs{std::minmax(from, to)}) << int{round};
          EXPECT_TRUE(verdict.alone.empty());
        }
  }
};

TEST_P(BlameOfALink, NamesItsTwoEndsIfASlotIsLost) {
  each_slot([](auto&) { return Fate::kDrop; });
}

TEST_P(BlameOfALink, NamesItsTwoEndsIfASlotIsAltered) {
  if (std::get<1>(GetParam()) == DrawNumber::kLanes) GTEST_SKIP() << "what it carries is random";
  each_slot([](LoopbackNetwork::Wire& wire) {
    wire.cell.back() ^= std::byte{1};
    return Fate::kDeliver;
  });
}

TEST_P(BlameOfALink, NamesItsTwoEndsIfALaneIsAltered) {
  each_slot(
      [](LoopbackNetwork::Wire& wire) {
        wire.cell[kClearBytes + 7] ^= std::byte{1};
        return Fate::kDeliver;
      },
      [](const SlotPlace& place) { return place.from == 0 || place.to == 0; });
}

INSTANTIATE_TEST_SUITE_P(All, BlameOfALink,
                         ::testing::Combine(::testing::Values(1, 2, 3),
                                            ::testing::Values(DrawNumber::kLanes, DrawNumber::kBulk,
                                                              DrawNumber::kTraining)));

TEST(Blame, NamesARankAloneThatReportsWhatItCannotShow) {
  JudgedJob judged(6, 3, DrawNumber::kTraining);
  const Key key = judged.job.lanes[4].to_owner;
  judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
    if (name.exchange != kLooked + 1 || wire.from != 4 || wire.to != 0) return Fate::kDeliver;
    // As rank 4 itself could: one bad slot, under the link's cover.
    const SlotView slot(wire.cell);
    const Links links(*judged.job.aead, judged.job.tables[4].links, 3);
    links.cover(0, name, slot);
    std::vector<std::byte> text(kSlotLane - kAeadTagBytes);
    text[0] = std::byte{1};
    judged.job.aead->keyed(key)->seal(name.nonce(), text, slot.lane().first(text.size()),
                                      slot.lane().last(kAeadTagBytes));
    links.cover(0, name, slot);
    return Fate::kDeliver;
  });
  judged.run_to_showing();
  const Verdict verdict = judged.show_all();
  EXPECT_EQ(verdict.pairs, Pairs{});
  ASSERT_EQ(verdict.alone.size(), 1u);
  EXPECT_EQ(verdict.alone.at(4), "reported 1 bad slots and shows 0");
}

TEST(Blame, NamesTheOwnersPairIfARankDoesNotShow) {
  JudgedJob judged(6, 2, DrawNumber::kTraining);
  judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
    if (is_at(wire, {3, 5, 1})) return Fate::kDrop;
    if (name.exchange > kLooked + 2 && wire.from == 2 && wire.to == 0)
      wire.cell.back() ^= std::byte{1};
    return Fate::kDeliver;
  });
  judged.run_to_showing();
  EXPECT_EQ(judged.show_all().pairs, (Pairs{{3, 5}, {0, 2}}));
}

TEST(Blame, NamesARankAloneThatMoreContradictThanCanBeHostile) {
  JudgedJob judged(7, 3, DrawNumber::kTraining);
  EXPECT_EQ(most_hostile(7), 2u);
  judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    for (const std::uint32_t to : {1, 2, 5})
      if (is_at(wire, {4, to, 2})) wire.cell.back() ^= std::byte{1};
    return Fate::kDeliver;
  });
  judged.run_to_showing();
  const Verdict verdict = judged.show_all();
  EXPECT_EQ(verdict.pairs, (Pairs{{1, 4}, {2, 4}, {4, 5}}));
  ASSERT_EQ(verdict.alone.size(), 1u);
  EXPECT_TRUE(verdict.alone.contains(4));
  EXPECT_EQ(to_string(verdict), "rank 4 contradicts 3 others, and no more than 2 can be hostile");
}

// Rank 4 says nothing any more to one other, which waits for it; and the others wait for that one,
// as long, and may give it up at the same time. What they miss of it comes late.
TEST(Blame, DoesNotNameThoseWhoHadToWait) {
  std::size_t late = 0;
  for (const std::size_t hops : {1, 2, 3})
    for (const std::uint32_t waits : {1, 2, 3, 5}) {
      JudgedJob judged(6, hops, DrawNumber::kTraining);
      judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
        const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
        return name.exchange >= kLooked && wire.from == 4 && wire.to == static_cast<int>(waits)
                   ? Fate::kDrop
                   : Fate::kDeliver;
      });
      judged.run_to_showing();
      for (const std::uint32_t rank : {1, 2, 3, 5})
        if (rank != waits)
          late += std::ranges::count(judged.job.at[rank]->shown().faults[waits], slot_fault::kLate);
      const Nanoseconds before = judged.job.clock.now();
      const Verdict verdict = judged.show_all();
      EXPECT_EQ(judged.job.clock.now(), before) << "there nobody waits for anybody but the owner";
      EXPECT_EQ(verdict.pairs, Pairs{std::minmax(waits, 4u)}) << hops << ' ' << to_string(verdict);
      EXPECT_TRUE(verdict.alone.empty());
      EXPECT_FALSE(judged.job.at[0]->alarms().silent());
    }
  EXPECT_GT(late, 0u);
}

// Behind a slot that it says did not open, what it sends is to be void.
TEST(Blame, NamesACrossoverWithAllThatShowWhatItPassed) {
  JudgedJob judged(6, 3, DrawNumber::kTraining);
  judged.job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    return is_at(wire, {2, 5, 3}) ? Fate::kDrop : Fate::kDeliver;
  });
  judged.run_to_showing();
  judged.begin_to_judge();
  for (std::uint32_t rank = 1; rank < 6; ++rank)
    Showing(judged.job.at[rank]->shown(), rank, 3).read_own([&](Shown shown) {
      if (rank == 4 && shown.link == 1) shown.faults[1] = slot_fault::kUnopened;
      judged.judge->show(shown);
    });
  judged.judge->report(4, 1);
  const Verdict verdict = judged.judge->verdict();
  EXPECT_TRUE(verdict.pairs.contains({2, 5}));
  EXPECT_TRUE(verdict.pairs.contains({1, 4})) << "who sent it that slot";
  std::size_t against = 0;
  for (const auto& [a, b] : verdict.pairs) against += a == 4 || b == 4;
  EXPECT_GE(against, 4u) << "the way of that slot ends with its sender";
  EXPECT_TRUE(verdict.alone.contains(4));
}

TEST(Transcripts, KnowWhatWasMissedAndCameLate) {
  Transcripts transcripts(0, 3, 2, 100);
  std::vector<LinkSlot> in(3);
  in[1].missing = in[2].missing = true;
  transcripts.begin(7, DrawNumber::kLanes);
  transcripts.note(1, in);
  transcripts.came_late({7, 1, DrawNumber::kLanes}, 2);
  transcripts.came_late({7, 0, DrawNumber::kLanes}, 2);  // comes again
  EXPECT_EQ(transcripts.of(7).faults[1], (Faults{0, slot_fault::kMissing}));
  EXPECT_EQ(transcripts.of(7).faults[2], (Faults{0, slot_fault::kLate}));
  for (const std::uint64_t exchange : {8, 9, 10}) transcripts.begin(exchange, DrawNumber::kLanes);
  transcripts.came_late({7, 1, DrawNumber::kLanes}, 1);  // too late for anything
  EXPECT_EQ(transcripts.of(10).faults[1], Faults{});
  EXPECT_DEATH(transcripts.of(7), "not kept");
}

TEST(Verdict, SaysWhoWasLateIfNothingElseIsFound) {
  RoundsJob job(5, 2, AeadSuite::kChaCha20Poly1305);
  Transcripts own(0, 5, 2, 300);
  std::vector<LinkSlot> in(5);
  in[3].missing = true;
  own.begin(4, DrawNumber::kLanes);
  own.note(1, in);
  own.came_late({4, 1, DrawNumber::kLanes}, 3);
  Judge judge(*job.aead, own.of(4), nullptr, job.secrets, 2);
  Showing(own.of(4), 0, 2).read_own([&](const Shown& shown) { judge.show(shown); });
  for (std::uint32_t rank = 1; rank < 5; ++rank) {
    Transcripts other(rank, 5, 2, 300);
    other.begin(4, DrawNumber::kLanes);
    judge.report(rank, 0);
    Showing(other.of(4), rank, 2).read_own([&](const Shown& shown) { judge.show(shown); });
  }
  EXPECT_TRUE(judge.verdict().names_nobody());
  EXPECT_EQ(to_string(judge.verdict()), "rank 3 was late, and nothing else is found");
}

// Hostile ranks that do any of it in one exchange, and lie about it as they like.
class Liars {
 public:
  Liars(std::uint32_t ranks, std::size_t hops, std::set<std::uint32_t> who, std::uint32_t seed)
      : who_(std::move(who)),
        rng_(seed, RandomPurpose::kTest, 3),
        judged_(ranks, hops, DrawNumber::kTraining, static_cast<std::uint8_t>(seed)) {}

  Verdict verdict() {
    RoundsJob& job = judged_.job;
    job.network.on_cell([this](LoopbackNetwork::Wire& wire) { return harm(wire); });
    judged_.run_to_showing();
    if (!job.at[0]->showing()) return {};
    judged_.begin_to_judge();
    for (std::uint32_t rank = 1; rank < job.ranks; ++rank)
      Showing(job.at[rank]->shown(), rank, judged_.hops).read_own([&](const Shown& shown) {
        say(shown);
      });
    return judged_.judge->verdict();
  }
  bool shown() const { return judged_.job.at[0]->showing(); }

 private:
  // Their slots, in the exchange that is looked into or with what they report of it. To the owner
  // and back they are its ends of a lane.
  Fate harm(LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
    if (!who_.contains(static_cast<std::uint32_t>(wire.from)) || name.exchange != kLooked)
      return Fate::kDeliver;
    switch (rng_.below(12)) {
      case 0:
        return Fate::kDrop;
      case 1:
        wire.cell.back() ^= std::byte{1};
        break;
      case 2:
        wire.cell[kClearBytes + rng_.below(kSlotLane + 64)] ^= std::byte{2};
        break;
      case 3:  // another's place
        wire.to = static_cast<int>(rng_.below(judged_.job.ranks));
        break;
      default:
        break;
    }
    return Fate::kDeliver;
  }
  void say(Shown shown) {
    if (!who_.contains(shown.rank)) return judged_.judge->show(shown);
    const std::uint32_t lie = rng_.below(8);
    if (lie == 0) return;
    std::vector<std::byte> carried(shown.carried.begin(), shown.carried.end());
    if (lie == 1) carried[rng_.below(static_cast<std::uint32_t>(carried.size()))] ^= std::byte{8};
    if (lie == 2) shown.faults[rng_.below(4)] ^= static_cast<std::uint8_t>(1u << rng_.below(4));
    if (lie == 3) shown.faults = {};
    shown.carried = carried;
    judged_.judge->show(shown);
  }

  std::set<std::uint32_t> who_;
  CounterRng rng_;
  JudgedJob judged_;
};

void expect_liars_named(std::uint32_t ranks, std::size_t hops, const std::set<std::uint32_t>& who,
                        std::uint32_t seed, int& shown) {
  Liars liars(ranks, hops, who, seed);
  const Verdict verdict = liars.verdict();
  if (!liars.shown()) return;
  ++shown;
  SCOPED_TRACE(to_string(verdict) + ", hops " + std::to_string(hops) + ", seed " +
               std::to_string(seed));
  EXPECT_FALSE(verdict.names_nobody());
  for (const auto& [a, b] : verdict.pairs) EXPECT_TRUE(who.contains(a) || who.contains(b));
  for (const auto& [rank, why] : verdict.alone) EXPECT_TRUE(who.contains(rank));
}

TEST(Blame, NeverNamesAnHonestRankAloneNorAPairOfTwo) {
  int shown = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed)
    for (const std::size_t hops : {1, 2, 3}) {
      const std::uint32_t ranks = 5 + seed % 3;
      expect_liars_named(ranks, hops, {1 + seed % (ranks - 1)}, seed, shown);
    }
  EXPECT_GT(shown, 100);
}

TEST(Blame, NeverNamesTwoHonestRanksAmongSeveralLiars) {
  int shown = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed)
    for (const std::size_t hops : {1, 2, 3})
      expect_liars_named(7, hops, {1 + seed % 6, 1 + (seed + 2) % 6}, seed, shown);
  EXPECT_GT(shown, 100);
}

// A rank that has not heard the owner in a whole exchange says so at once, and nobody else can say
// it for it.
TEST(Distress, IsHeardAtOnceAndCannotBeForged) {
  RoundsJob job(5, 2, AeadSuite::kChaCha20Poly1305);
  job.open(DrawNumber::kTraining);
  std::vector<std::byte> forged = testing::random_bytes(job.rng, slot_bytes(300));
  write_name({1, 0, DrawNumber::kDistress}, SlotView(forged).clear());
  job.network.inject(3, 0, forged);
  job.exchange({}, DrawNumber::kTraining);
  EXPECT_FALSE(job.at[0]->alarms().distress());
  EXPECT_EQ(job.network.at(0).refusals().from(3), 1u);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    return wire.from == 0 && wire.to == 2 ? Fate::kDrop : Fate::kDeliver;
  });
  job.exchange({}, DrawNumber::kTraining);
  job.at[0]->poll();
  ASSERT_TRUE(job.at[0]->alarms().distress());
  EXPECT_EQ(job.at[0]->alarms().distress()->rank, 2u);
  EXPECT_EQ(job.at[0]->alarms().distress()->exchange, 2u);
}

TEST(Silence, IsNoticedByTheOwnerIfItLastsForAnExchange) {
  for (const int last : {1, 2}) {  // rounds that do not come
    RoundsJob job(5, 2, AeadSuite::kChaCha20Poly1305);
    job.open(DrawNumber::kTraining);
    job.network.on_cell([=](LoopbackNetwork::Wire& wire) {
      const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
      return name.round <= last && wire.from == 3 && wire.to == 0 ? Fate::kDrop : Fate::kDeliver;
    });
    job.exchange({}, DrawNumber::kTraining);
    const auto& silent = job.at[0]->alarms().silent();
    EXPECT_EQ(silent.has_value(), last == 2);
    EXPECT_EQ(silent ? silent->rank : 3u, 3u);
  }
}

TEST(RewindLimit, CountsThoseOfAWindow) {
  RewindLimit limit(2);
  EXPECT_FALSE(limit.exceeded(10));
  EXPECT_FALSE(limit.exceeded(11));
  EXPECT_FALSE(limit.exceeded(10 + kRewindWindow));
  EXPECT_FALSE(limit.exceeded(11 + kRewindWindow));
  EXPECT_TRUE(limit.exceeded(12 + kRewindWindow));
  EXPECT_TRUE(RewindLimit(0).exceeded(3));
}

}  // namespace
}  // namespace mixnn
