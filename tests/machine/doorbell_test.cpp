#include "mixnn/machine/doorbell.hpp"

#include <gtest/gtest.h>

#include "machine/forked_host.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

class DoorbellTest : public testing_machine::OnHosts {};
INSTANTIATE_TEST_SUITE_P(, DoorbellTest, testing::Values(1, 2, 5, 8), testing_machine::ranks_name);

// A token goes round: each rank sleeps until it is rung, then rings the next. A lost ring costs a
// minute.
TEST_P(DoorbellTest, LosesNoRing) {
  on_host([](HostGroup& host) {
    Doorbell bell(host);
    const int me = host.number(), next = (me + 1) % host.count();
    constexpr std::uint32_t kLaps = 300;
    const Stopwatch watch;
    for (std::uint32_t lap = 0; lap < kLaps; ++lap) {
      if (me == 0) bell.ring(next);
      while (bell.rings() == lap) bell.sleep(lap, 60s);
      ASSERT_EQ(bell.rings(), lap + 1);
      if (me != 0) bell.ring(next);
    }
    EXPECT_LT(watch.seconds(), 30);
  });
}

TEST_P(DoorbellTest, SleepsNoLongerThanItIsToldTo) {
  on_host([](HostGroup& host) {
    Doorbell bell(host);
    const Stopwatch watch;
    bell.sleep(0, 20ms);
    EXPECT_GE(watch.seconds(), 0.015);
    bell.sleep(7, 60s);  // not the count that it has: there is nothing to wait for
    EXPECT_LT(watch.seconds(), 30);
  });
}

}  // namespace
}  // namespace mixnn
