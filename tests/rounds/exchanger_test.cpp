#include "mixnn/rounds/exchanger.hpp"

#include <gtest/gtest.h>

#include <map>

#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using testing::RoundsJob;
using testing::Text;
using testing::text_of;

using Case = std::tuple<std::uint32_t, std::size_t, AeadSuite>;
class Exchanges : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (std::get<2>(GetParam()) == AeadSuite::kAes256Gcm && !aes256gcm_available())
      GTEST_SKIP() << "no AES instructions here";
  }
  // Roles for all circuits, so that each can say something.
  std::unique_ptr<RoundsJob> job_with_all_roles() {
    const auto [ranks, hops, suite] = GetParam();
    auto job = std::make_unique<RoundsJob>(ranks, hops, suite);
    for (RankTable& table : job->tables)
      for (DrawTable* draw : {&table.bulk, &table.training}) {
        for (auto& row : draw->sends) row.role = circuit_role::kOwner;
        for (auto& row : draw->receives) row.role = circuit_role::kOwner;
      }
    job->open(DrawNumber::kTraining);
    return job;
  }
};

// A text on every circuit but some, by receiver and last link what is to come.
struct Plan {
  std::vector<Text> texts;
  std::vector<std::vector<Said>> said;
  std::vector<std::map<std::uint32_t, const Text*>> to_come;
};
Plan plan_for(const RoundsJob& job, std::uint32_t salt, std::uint32_t one_in = 1) {
  Plan plan;
  plan.said.resize(job.ranks), plan.to_come.resize(job.ranks);
  plan.texts.reserve(std::size_t{job.ranks} * job.ranks);
  for (std::uint32_t x = 0; x < job.ranks; ++x)
    for (std::uint32_t y = 0; y < job.ranks; ++y) {
      if (x == y || (x * 3 + y + salt) % one_in != 0) continue;
      const std::uint32_t number = salt * 1000 + x * 20 + y;
      plan.texts.push_back(text_of(number, number % 301));
      const Text& text = plan.texts.back();
      plan.said[x].push_back({job.training.first(x, y), text.info, text.payload});
      plan.to_come[y][job.training.last(x, y)] = &text;
    }
  return plan;
}
void expect_as_planned(const Plan& plan, std::uint32_t rank, const Brought& brought) {
  EXPECT_EQ(brought.circuits.size(), plan.to_come[rank].size());
  for (const Brought::OnCircuit& one : brought.circuits) {
    const auto found = plan.to_come[rank].find(one.last);
    ASSERT_NE(found, plan.to_come[rank].end());
    EXPECT_EQ(one.message.info.label, found->second->info.label);
    EXPECT_EQ(one.message.info.rows, found->second->info.rows);
    EXPECT_TRUE(testing::starts_with(one.message.payload.bytes(), found->second->payload));
  }
}

TEST_P(Exchanges, EveryTextArrivesWhereTheTablesSayAndNothingElseDoes) {
  const auto job = job_with_all_roles();
  for (std::uint32_t one_in = 1; one_in <= 3; ++one_in) {
    const Plan plan = plan_for(*job, one_in, one_in);
    const auto brought = job->exchange(plan.said, DrawNumber::kTraining);
    for (std::uint32_t rank = 0; rank < job->ranks; ++rank) {
      expect_as_planned(plan, rank, brought[rank]);
      EXPECT_EQ(brought[rank].bad, 0u);
      EXPECT_EQ(brought[rank].logical, one_in);
    }
  }
  for (const auto& one : job->at) {
    const CellCounters& c = one->counters();
    const std::uint64_t slots =
        4 * (std::get<1>(GetParam()) + 1) * (job->ranks - 1);  // an exchange without circuits, too
    EXPECT_EQ(c.sent, slots);
    EXPECT_EQ(c.received, slots);
    EXPECT_EQ(c.received, c.forwarded + c.delivered + c.all_rejected());
    EXPECT_EQ(c.all_rejected(), 0u);
    EXPECT_LE(one->pool().peak(), 4u * job->ranks);
  }
}

// A circuit without a role: what its sender says is opened, and used for nothing.
TEST_P(Exchanges, ATextOnACircuitWithoutARoleIsNotUsed) {
  const auto [ranks, hops, suite] = GetParam();
  RoundsJob job(ranks, hops, suite);
  job.open(DrawNumber::kTraining);
  const Plan plan = plan_for(job, 1);
  const auto brought = job.exchange(plan.said, DrawNumber::kTraining);
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    for (const auto& one : brought[rank].circuits) EXPECT_NE(one.role, 0);
    EXPECT_LE(brought[rank].circuits.size(), 2u);
  }
}

struct Place {
  std::uint32_t from = 0, to = 0, round = 0;
};

// The crossover that a slot of round `r` on a link has passed or will pass: it is on the way of
// circuit (x, y).
std::optional<std::pair<std::uint32_t, std::uint32_t>> circuit_at(const RoundsJob& job,
                                                                  const Place& place) {
  for (std::uint32_t x = 0; x < job.ranks; ++x)
    for (std::uint32_t y = 0; y < job.ranks; ++y)
      if (x != y && job.training.at(x, y, place.round) == place.from &&
          job.training.at(x, y, place.round + 1) == place.to)
        return std::pair(x, y);
  return std::nullopt;
}

// Alters or drops one slot of one exchange.
void harm(RoundsJob& job, const Place& place, std::uint64_t exchange,
          std::optional<std::size_t> byte) {
  job.network.on_cell([=](LoopbackNetwork::Wire& wire) {
    const auto name = read_name(SlotView(wire.cell).clear());
    if (!name || name->exchange != exchange || name->round != place.round ||
        wire.from != static_cast<int>(place.from) || wire.to != static_cast<int>(place.to))
      return LoopbackNetwork::Fate::kDeliver;
    if (!byte) return LoopbackNetwork::Fate::kDrop;
    wire.cell[*byte] ^= std::byte{4};
    return LoopbackNetwork::Fate::kDeliver;
  });
}

// What is lost by a slot that is altered or missing, and how many count it.
void expect_harm(RoundsJob& job, const Place& place, std::optional<std::size_t> byte) {
  const std::size_t hops = job.training.hops(), crossing = job.training.crossover();
  const Plan plan = plan_for(job, 1);
  harm(job, place, job.at[0]->exchange(), byte);
  const auto brought = job.exchange(plan.said, DrawNumber::kTraining);
  job.network.on_cell({});
  const auto [x, y] = circuit_at(job, place).value();
  const bool in_lane = byte && *byte < kClearBytes + kSlotLane;
  const bool before = place.round <= crossing;  // so the crossover notices, and sends random bytes
  const std::uint32_t crossover = job.training.hop(x, y, crossing);
  std::uint64_t bad = 0;
  for (std::uint32_t rank = 0; rank < job.ranks; ++rank) {
    bad += brought[rank].bad;
    for (std::uint32_t sender = 0; sender < job.ranks; ++sender) {
      if (sender == rank) continue;
      const bool lost = !in_lane && (before ? job.training.hop(sender, rank, crossing) == crossover
                                            : sender == x && rank == y);
      const std::uint32_t last = job.training.last(sender, rank);
      const bool came = std::any_of(brought[rank].circuits.begin(), brought[rank].circuits.end(),
                                    [&](const auto& one) { return one.last == last; });
      EXPECT_EQ(came, !lost) << sender << " to " << rank;
    }
  }
  if (in_lane) {
    EXPECT_EQ(bad, place.from == 0 || place.to == 0 ? 1u : 0u);
    return;
  }
  // The crossover's own count and all that it sends; a missing slot counts where it is missed, too.
  const std::uint64_t noticed = before ? 1 + (job.ranks - 1) : 1;
  const bool twice = !byte && (before ? place.round < crossing : place.round < hops);
  EXPECT_EQ(bad, noticed + twice) << "round " << place.round;
}

TEST_P(Exchanges, AFlippedBitMakesWhatItsCrossoverSendsVoidAndEverybodyCountsIt) {
  const auto job = job_with_all_roles();
  const std::size_t size = slot_bytes(300), hops = std::get<1>(GetParam());
  for (std::uint32_t round = 0; round <= hops; ++round)
    for (const std::size_t byte : {kClearBytes + kSlotLane, kSlotHead - 1, kSlotHead, size - 1}) {
      const Place place{(round + 1) % job->ranks, (round + 3) % job->ranks, round};
      // Behind the crossover the place of tag P holds filler, which nobody reads.
      if (round > job->training.crossover() && byte < kSlotHead - kAeadTagBytes) continue;
      expect_harm(*job, place, byte);
      for (int i = 0; i < 3; ++i) job->exchange({}, DrawNumber::kTraining);  // what comes again
    }
}

TEST_P(Exchanges, AFlippedBitInALaneIsCountedByTheOneWhoReadsIt) {
  const auto job = job_with_all_roles();
  for (const Place place : {Place{0, 2, 0}, Place{3, 0, 1}, Place{1, 2, 1}}) {
    expect_harm(*job, place, kClearBytes + 5);
    for (int i = 0; i < 3; ++i) job->exchange({}, DrawNumber::kTraining);
  }
}

TEST_P(Exchanges, AMissingSlotIsMissedAfterThePatienceAndTheExchangeEnds) {
  const auto job = job_with_all_roles();
  for (std::uint32_t round = 0; round <= std::get<1>(GetParam()); ++round) {
    const Nanoseconds before = job->clock.now();
    expect_harm(*job, {2, 4, round}, std::nullopt);
    // In the last round nobody is further: here the others begin no exchange meanwhile.
    const int waits = round < std::get<1>(GetParam()) ? 1 : 2;
    EXPECT_EQ(job->clock.now() - before, waits * RoundsJob::kPatience);
    for (int i = 0; i < 3; ++i) job->exchange({}, DrawNumber::kTraining);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Exchanges,
    ::testing::Combine(::testing::Values(5u, 6u, 8u), ::testing::Values(1u, 2u, 3u),
                       ::testing::Values(AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305)));

}  // namespace
}  // namespace mixnn
