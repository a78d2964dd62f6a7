#include "mixnn/machine/socket_turns.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "machine/forked_host.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;
using testing_machine::run_on_host;

constexpr Nanoseconds kForEver = 20s;

HostTurns::Setup setup() {
  HostTurns::Setup setup;
  setup.under_way = [] { return UnderWay{.open = true, .receiving = true}; };
  return setup;
}

// Whoever sleeps for long is woken, or the test takes as long.
TEST(SocketTurnsTest, ARankOfThisHostWakesWhoSleeps) {
  run_on_host(3, [](HostGroup& host) {
    const HostArray<std::atomic<int>> mail(host, host.count());
    const int me = host.number();
    SocketTurns turns(setup(), host, [&] { return mail[me].load() != 0; });
    host.barrier("testing");
    const Stopwatch watch;
    for (int round = 0; round < 200; ++round) {
      const int to = (me + 1) % host.count();
      if (me != 0 || round > 0)  // rank 0 begins
        while (mail[me].load() == 0) turns.nap(kForEver);
      mail[me].store(0);
      mail[to].store(1);
      turns.sent_to(to);
    }
    EXPECT_LT(watch.seconds(), seconds(kForEver) / 2);
    host.barrier("testing");
  });
}

TEST(SocketTurnsTest, WhatCameBeforeIsNotSleptOver) {
  testing_machine::ForkedHost host;
  SocketTurns turns(setup(), host, [] { return true; });
  const Stopwatch watch;
  for (int i = 0; i < 100; ++i) turns.nap(kForEver);
  EXPECT_LT(watch.seconds(), seconds(kForEver) / 2);
}

TEST(SocketTurnsTest, SleepsAreShortWhereWhatComesIsNotSeen) {
  run_on_host(2, [](HostGroup& host) {
    SocketTurns turns(setup(), host, nullptr);
    const Stopwatch watch;
    turns.nap(kForEver);
    EXPECT_LT(watch.seconds(), seconds(kForEver) / 2);
    host.barrier("testing");
  });
}

TEST(WakeRecordTest, IsNotTrustedWhereThingsComeWithoutAWake) {
  WakeRecord blind;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(blind.can_be_trusted(), i <= 16) << i;
    blind.slept(false);
    blind.slept(false);  // nothing was found in between: it counts once
    blind.found();
    blind.found();
  }
}

TEST(WakeRecordTest, IsTrustedWhereMostThingsWake) {
  WakeRecord record;
  for (int i = 0; i < 1000; ++i) {
    for (int woken = 0; woken < 5; ++woken) {
      record.slept(true);
      record.found();
    }
    record.slept(false);
    record.found();
    EXPECT_TRUE(record.can_be_trusted());
  }
}

}  // namespace
}  // namespace mixnn
