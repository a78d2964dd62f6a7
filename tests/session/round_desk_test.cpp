#include "mixnn/session/round_desk.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace mixnn {
namespace {

using Begins = RoundDesk::Begins;

RoundTick tick_of(std::uint64_t exchange, std::size_t messages = 1) {
  RoundTick tick;
  tick.exchange = exchange;
  for (std::size_t i = 0; i < messages; ++i) tick.messages.emplace_back();
  return tick;
}

// An errand may be given early or late: it is run before one exchange alone.
TEST(RoundDesk, AnErrandIsRunRightBeforeItsExchange) {
  for (const std::uint64_t allowance : {1u, 2u, 5u}) {
    RoundDesk desk(allowance);
    EXPECT_FALSE(desk.go_on());
    std::vector<std::string> said;
    std::uint64_t exchange = 0;
    for (; exchange < 3; ++exchange) {
      desk.begins(exchange);
      desk.post(tick_of(exchange));
    }
    EXPECT_TRUE(desk.go_on());
    desk.ask([&] { said.push_back("0"); });
    EXPECT_TRUE(desk.go_on());
    desk.ask([&] { said.push_back("1"); });
    EXPECT_TRUE(desk.go_on());
    EXPECT_FALSE(desk.go_on());
    std::vector<std::size_t> before;
    for (; exchange < 9; ++exchange) {
      desk.begins(exchange);
      before.push_back(said.size());
      desk.post(tick_of(exchange));
      desk.go_on();
    }
    EXPECT_EQ(said, (std::vector<std::string>{"0", "1"}));
    for (std::uint64_t e = 3; e < 9; ++e)
      EXPECT_EQ(before[e - 3], std::min<std::uint64_t>(2, e < allowance ? 0 : e - allowance + 1))
          << allowance << " " << e;
  }
}

TEST(RoundDesk, AnExchangeIsLateIfTheTickThatItAnswersIsNotDone) {
  RoundDesk desk(2);
  desk.go_on();
  EXPECT_EQ(desk.begins(0), Begins::kInTime);
  desk.post(tick_of(0));
  EXPECT_EQ(desk.begins(1), Begins::kInTime);
  desk.post(tick_of(1));
  EXPECT_TRUE(desk.go_on());
  EXPECT_EQ(desk.begins(2), Begins::kLate) << "the tick of 0 is at work";
  desk.post(tick_of(2));
  EXPECT_TRUE(desk.go_on());
  EXPECT_EQ(desk.begins(2), Begins::kInTime);
  EXPECT_EQ(desk.begins(3), Begins::kLate);
  EXPECT_TRUE(desk.go_on());
  EXPECT_EQ(desk.begins(3), Begins::kInTime);
}

// Where all have gone back nothing comes that has come before: then there is time to catch up.
TEST(RoundDesk, NobodyIsLateForAnExchangeThatBroughtNothing) {
  RoundDesk desk(2);
  desk.go_on();
  desk.post(tick_of(0));
  for (std::uint64_t e = 1; e < 6; ++e) desk.post(tick_of(e, 0));
  EXPECT_TRUE(desk.go_on());
  EXPECT_EQ(desk.begins(6), Begins::kLate);
  EXPECT_TRUE(desk.go_on());
  EXPECT_EQ(desk.tick().exchange, 5u) << "the last of those that brought nothing";
  EXPECT_EQ(desk.begins(6), Begins::kInTime);
  EXPECT_FALSE(desk.go_on());
}

// What waited for its order is due when it would have been without, and so is all before it.
TEST(RoundDesk, ATickOfSomethingThatWaitedIsDueSoMuchEarlier) {
  RoundDesk desk(3);
  desk.go_on();
  desk.post(tick_of(4));
  RoundTick waited = tick_of(5);
  waited.behind = 2;
  desk.post(std::move(waited));
  std::vector<int> said;
  EXPECT_EQ(desk.begins(5), Begins::kInTime);
  EXPECT_EQ(desk.begins(6), Begins::kLate);
  EXPECT_TRUE(desk.go_on());
  desk.ask([&] { said.push_back(4); });
  EXPECT_TRUE(desk.go_on());
  desk.ask([&] { said.push_back(5); });
  EXPECT_EQ(desk.begins(6), Begins::kLate) << "the second is at work";
  EXPECT_FALSE(desk.go_on());
  EXPECT_EQ(desk.begins(5), Begins::kInTime);
  EXPECT_EQ(desk.begins(6), Begins::kInTime);
  EXPECT_EQ(said, (std::vector<int>{4, 5}));
}

TEST(RoundDesk, NothingBeginsBeforeTheComputingThreadHas) {
  RoundDesk desk(3);
  EXPECT_EQ(desk.begins(0), Begins::kNotYet);
  desk.go_on();
  EXPECT_EQ(desk.begins(0), Begins::kInTime);
}

TEST(RoundDesk, ExchangesWaitForOneThatRestsAndIsNotDone) {
  RoundDesk desk(1);
  desk.go_on();
  EXPECT_EQ(desk.begins(0), Begins::kInTime);
  desk.post(tick_of(0));
  EXPECT_TRUE(desk.go_on());
  bool said = false;
  desk.ask([&] { said = true; });
  desk.rest();
  EXPECT_EQ(desk.begins(1), Begins::kNotYet);
  EXPECT_FALSE(said);
  EXPECT_FALSE(desk.go_on());
  EXPECT_EQ(desk.begins(1), Begins::kInTime);
  EXPECT_TRUE(said);
}

TEST(RoundDesk, WhatFailsIsThrownAtTheComputingThreadOnce) {
  RoundDesk desk(1);
  desk.go_on();
  desk.fail(std::make_exception_ptr(std::runtime_error("first")));
  desk.fail(std::make_exception_ptr(std::runtime_error("second")));
  EXPECT_THROW(
      {
        try {
          desk.go_on();
        } catch (const std::runtime_error& error) {
          EXPECT_STREQ(error.what(), "first");
          throw;
        }
      },
      std::runtime_error);
  EXPECT_FALSE(desk.go_on());
}

// Each on a thread of its own, as fast as they can: every message comes once and in order, and each
// answer is given in the one exchange that it belongs to. (For a build with -fsanitize=thread.)
TEST(RoundDesk, TwoThreadsSayAllInTheExchangesInWhichItBelongs) {
  constexpr std::uint64_t kExchanges = 5000, kAllowed = 3;
  RoundDesk desk(kAllowed);
  std::vector<std::uint64_t> answered(kExchanges, 0);  // by exchange; the round thread's
  std::uint64_t now = 0, late = 0;
  std::thread computing([&] {
    while (!desk.closed()) {
      if (!desk.go_on()) {
        desk.wait(std::chrono::milliseconds(5));
        continue;
      }
      const std::uint64_t exchange = desk.tick().exchange;
      std::uint64_t messages = 0;
      while (desk.next()) ++messages;
      if (messages == 0) continue;
      EXPECT_EQ(messages, exchange % 3);
      desk.ask([&, exchange] { answered[now] = exchange + 1; });
    }
  });
  while (desk.begins(0) == Begins::kNotYet) std::this_thread::yield();
  for (; now < kExchanges; ++now) {
    while (desk.begins(now) == Begins::kLate) {
      ++late;
      std::this_thread::yield();
    }
    desk.post(tick_of(now, now % 3));
  }
  desk.close();
  computing.join();
  for (std::uint64_t e = 0; e < kExchanges; ++e)
    ASSERT_EQ(answered[e], e < kAllowed || (e - kAllowed) % 3 == 0 ? 0 : e - kAllowed + 1) << late;
}

}  // namespace
}  // namespace mixnn
