// Traffic in rounds: what a rank that has the keys of its own lane and circuits can say with them.
#include <gtest/gtest.h>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/owner/link/rounds_link.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/round_secrets.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kRanksOfLanes = 5;

// The owner's link, and all other ranks as exchangers that the test speaks for.
struct RoundsByHand {
  LoopbackNetwork network{static_cast<int>(kRanksOfLanes), 1};
  SteadyClock clock;
  std::unique_ptr<BulkAead> aead = make_bulk_aead(AeadSuite::kChaCha20Poly1305);
  std::vector<EpochKeys> keys;
  RunParameters parameters;
  std::unique_ptr<RoundsLink> owner;
  std::vector<std::unique_ptr<Exchanger>> others;  // by rank, from 1

  explicit RoundsByHand(Nanoseconds period = Nanoseconds{0}) {
    Csprng rng;
    for (std::uint32_t rank = 0; rank < kRanksOfLanes; ++rank)
      keys.emplace_back(rng.key(), Digest{});
    MessageSizes sizes;
    sizes.cells = 1;
    sizes.cell_bytes = slot_bytes(1000);
    sizes.traffic = TrafficKind::kRounds;
    parameters.suite = AeadSuite::kChaCha20Poly1305;
    parameters.cell_bytes = static_cast<std::uint32_t>(sizes.cell_bytes);
    parameters.traffic = TrafficKind::kRounds;
    parameters.hops = 1;
    parameters.period_ns = static_cast<std::uint64_t>(period.count());
    SessionOptions session;
    session.traffic = TrafficKind::kRounds;
    session.hops = 1;
    if (period > Nanoseconds{0}) session.timeout = 200 * period;  // and so the exchanges in vain
    session.in_flight = choose_round_in_flight(2, kRanksOfLanes);
    owner = std::make_unique<RoundsLink>(network.at(0), parameters, keys, Plan{{1, 2, 3, 4}, 2},
                                         session, 2);
    RoundSetting setting;
    setting.hops = 1;
    setting.period = period;
    setting.capacity = sizes.capacity();
    for (std::uint32_t rank = 1; rank < kRanksOfLanes; ++rank)
      others.push_back(
          std::make_unique<Exchanger>(network.at(static_cast<int>(rank)), *aead, clock, setting,
                                      std::array{lane_keys(round_secret(keys[rank]))}));
    network.pump([this] {
      for (const auto& one : others) turn(*one);
    });
  }

  std::function<void(Exchanger&, const Brought&)> hears = [](auto&, auto&) {};
  std::function<void(Exchanger&)> begins = [](auto&) {};

 private:
  void turn(Exchanger& one) {
    one.poll();
    if (const std::optional<Brought> brought = one.take()) hears(one, *brought);
    if (one.under_way()) return;
    begins(one);
    one.begin({});
  }
};

TEST(LanesInRounds, CarryNoAnswerThatBelongsOnACircuit) {
  for (const MessageKind kind : {MessageKind::kForward, MessageKind::kTest, MessageKind::kGather,
                                 MessageKind::kParameters, MessageKind::kOpening}) {
    RoundsByHand job;
    job.hears = [&](Exchanger& one, const Brought& brought) {
      if (&one != job.others[2].get() || brought.lanes.empty()) return;
      MessageInfo info;
      info.label = {kind, 0, 0, 3};
      one.say(0, info, {});
    };
    try {
      job.owner->settle();
      FAIL() << "the owner takes it";
    } catch (const RunError& error) {
      EXPECT_NE(std::string(error.what()).find("rank 3 sent a " + to_string(kind) + " by its lane"),
                std::string::npos)
          << error.what();
    }
  }
}

TEST(RoundsOfALateRank, EndTheRunIfItIsNeverInTime) {
  RoundsByHand job{std::chrono::microseconds(500)};
  job.begins = [&](Exchanger& one) {
    if (&one == job.others[2].get()) one.be_late();
  };
  try {
    job.owner->settle();
    FAIL() << "the owner goes on";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("not ready in time, again and again"),
              std::string::npos)
        << error.what();
  }
  EXPECT_GT(job.owner->late_exchanges()[3], 30u);
  EXPECT_EQ(job.owner->late_exchanges()[2], 0u);
}

TEST(RoundsOfALateRank, AreBlamedOnItWithoutAPace) {
  RoundsByHand job;
  job.begins = [&](Exchanger& one) {
    if (&one == job.others[2].get()) one.be_late();
  };
  try {
    job.owner->settle();
    FAIL() << "the owner goes on";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("rank 3 reported 1 bad slots and shows 0"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace mixnn
