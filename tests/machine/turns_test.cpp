#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "machine/forked_host.hpp"
#include "mixnn/machine/cores.hpp"
#include "mixnn/machine/doorbell_turns.hpp"
#include "mixnn/machine/polling_turns.hpp"
#include "mixnn/machine/seat_turns.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing_machine::ForkedHost;
using Naps = std::vector<Nanoseconds>;

// Says how long it would have slept; 0 where it only gave its core away.
class TurnsOfNaps : public HostTurns {
 public:
  using HostTurns::HostTurns;
  Naps naps;
  std::vector<unsigned> turns;

 private:
  void wait(const UnderWay&, unsigned turn, bool) override {
    turns.push_back(turn);
    const std::size_t before = naps.size();
    ask_again(turn);
    if (naps.size() == before) naps.push_back(0ns);
  }
  void nap(Nanoseconds at_most) override { naps.push_back(at_most); }
};

HostTurns::Setup setup(const UnderWay& under_way, bool crowded = true) {
  return {[&under_way] { return under_way; }, crowded, 0};
}

TEST(TurnsTest, WhoeverAsksAgainYieldsFirstThenNapsLongerAndLonger) {
  const UnderWay under_way;
  for (const bool crowded : {true, false}) {
    const std::size_t yields = crowded ? 500 : 20'000;
    TurnsOfNaps turns(setup(under_way, crowded));
    for (std::size_t i = 0; i < yields + 3000; ++i) turns.idle(false);
    EXPECT_EQ(turns.naps[yields - 1], 0ns);
    EXPECT_EQ(turns.naps[yields], 20us);
    EXPECT_EQ(turns.naps[yields + 50], 40us);
    EXPECT_EQ(turns.naps.back(), 500us);
    turns.busy();
    turns.idle(false);
    EXPECT_EQ(turns.turns.back(), 0u);
    EXPECT_EQ(turns.naps.back(), 0ns);
  }
}

TEST(TurnsTest, ALoopIsBusyOrIdleAsItSays) {
  const UnderWay under_way;
  TurnsOfNaps turns(setup(under_way));
  int round = 0;
  turns.run([&] {
    constexpr std::array kTurns{Turn::kIdle, Turn::kIdle, Turn::kBusy, Turn::kRest, Turn::kOver};
    return kTurns.at(static_cast<std::size_t>(round++));
  });
  EXPECT_EQ(round, 5);
  EXPECT_THAT(turns.turns, ElementsAre(0u, 1u, 0u));
}

// The only rank of a host, with its own doorbell.
class LoneDoorbell final : public DoorbellTurns {
 public:
  LoneDoorbell(HostGroup& host, const UnderWay& under_way, bool all_ring = true)
      : DoorbellTurns(setup(under_way), host, all_ring) {}
  Naps idle_once(bool rest = false) {
    naps_.clear();
    idle(rest);
    return naps_;
  }

 private:
  void nap(Nanoseconds at_most) override { naps_.push_back(at_most); }
  Naps naps_;
};

UnderWay running() {
  UnderWay now;
  now.open = now.receiving = true;
  return now;
}

TEST(DoorbellTurnsTest, SleepsWhereWhoeverSendsWillRing) {
  ForkedHost host;
  UnderWay now = running();
  LoneDoorbell turns(host, now);
  EXPECT_THAT(turns.idle_once(), ElementsAre(4ms));
  EXPECT_THAT(turns.idle_once(true), ElementsAre(20ms));
  now.receiving = false;  // no room: whoever makes some does not ring
  EXPECT_THAT(turns.idle_once(), ElementsAre(500us));
}

TEST(DoorbellTurnsTest, AsksAgainUntilACellThatWasRungForIsThere) {
  ForkedHost host;
  const UnderWay now = running();
  LoneDoorbell turns(host, now);
  EXPECT_FALSE(turns.may_have_come());
  turns.sent_to(0);
  EXPECT_TRUE(turns.may_have_come());
  EXPECT_THAT(turns.idle_once(), ElementsAre());
  turns.took_in();
  EXPECT_FALSE(turns.may_have_come());
  EXPECT_THAT(turns.idle_once(), ElementsAre(4ms));
}

TEST(DoorbellTurnsTest, AsksAgainWhereOnlyTheMediumKnows) {
  ForkedHost host;
  UnderWay now = running();
  LoneDoorbell turns(host, now);
  now.sending = true;
  EXPECT_THAT(turns.idle_once(), ElementsAre());
  EXPECT_THAT(turns.idle_once(true), ElementsAre(2ms));
  now.sending = false;
  now.open = false;  // datagrams ring nobody
  EXPECT_THAT(turns.idle_once(), ElementsAre());
  now.open = true;
  LoneDoorbell of_many_hosts(host, now, false);
  EXPECT_TRUE(of_many_hosts.may_have_come());
  EXPECT_THAT(of_many_hosts.idle_once(), ElementsAre());
  EXPECT_THAT(of_many_hosts.idle_once(true), ElementsAre(2ms));
}

TEST(DoorbellTurnsTest, IsWokenByARingOnlyIfItHasNotLookedSince) {
  ForkedHost host;
  const UnderWay now = running();
  DoorbellTurns turns(setup(now), host, true);
  turns.sent_to(0);
  turns.took_in();
  const Stopwatch watch;
  turns.idle(true);  // rung since it looked: 20 ms are not slept
  turns.looks();
  for (int i = 0; i < 3; ++i) turns.idle(true);
  EXPECT_GE(watch.seconds(), 0.045);
}

TEST(PollingTurnsTest, RestsForMilliseconds) {
  const UnderWay now = running();
  PollingTurns turns(setup(now));
  const Stopwatch watch;
  for (int i = 0; i < 3; ++i) turns.idle(true);
  EXPECT_GE(watch.seconds(), 0.005);
}

// Ranks that share one word each as their mail, and pass a token on.
TEST(SeatTurnsTest, PassesATokenRoundWhileAllMailIsShared) {
  testing_machine::run_on_host(5, [](HostGroup& host) {
    const int me = host.number(), next = (me + 1) % host.count();
    HostArray<std::atomic<int>> mail(host, host.count());
    UnderWay now = running();
    now.all_shared = true;
    SeatTurns turns(
        setup(now), host,
        {HostCores(host).common(), 0, [&](int number) { return mail[number].load() != 0; }, true});
    constexpr int kLaps = 300;
    int laps = 0;
    const Stopwatch watch;
    const auto pass = [&] {
      mail[next].fetch_add(1);
      turns.sent_to(next);
    };
    host.barrier("beginning");
    if (me == 0) pass();
    turns.run([&] {
      if (mail[me].load() == 0) return Turn::kIdle;
      mail[me].fetch_sub(1);
      turns.took_in();
      ++laps;
      if (me != 0 || laps < kLaps) pass();
      return laps < kLaps ? Turn::kBusy : Turn::kOver;
    });
    EXPECT_EQ(laps, kLaps);
    EXPECT_LT(watch.seconds(), 20);
    EXPECT_FALSE(turns.may_have_come());
    turns.leave();
    host.barrier("leaving");
  });
}

// A rank that rests gets a free seat from whoever sends to it, long before its time is over.
TEST(SeatTurnsTest, WhoeverSendsWakesARankThatRests) {
  testing_machine::run_on_host(2, [](HostGroup& host) {
    constexpr int kRounds = 40;
    struct Words {
      std::atomic<int> mail, resting;
    };
    HostArray<Words> words(host, 2);
    UnderWay now = running();
    now.all_shared = true;
    SeatTurns turns(setup(now), host,
                    {HostCores(host).common(), 0,
                     [&](int number) { return number == 1 && words[1].mail.load() != 0; }, false});
    int early = 0;
    for (int round = 1; round <= kRounds; ++round) {
      if (host.number() == 0) {
        while (words[1].resting.load() < round) std::this_thread::sleep_for(100us);
        std::this_thread::sleep_for(1ms);
        words[1].mail.store(1);
        turns.sent_to(1);
        while (words[1].mail.load() != 0) std::this_thread::sleep_for(100us);
      } else {
        words[1].resting.store(round);
        const Stopwatch watch;
        turns.idle(true);
        early += watch.seconds() < 0.015;
        while (words[1].mail.load() == 0) std::this_thread::sleep_for(100us);
        words[1].mail.store(0);
      }
    }
    if (host.number() == 1) {
      EXPECT_GE(early, kRounds / 4);
    }
    turns.leave();
  });
}

}  // namespace
}  // namespace mixnn
