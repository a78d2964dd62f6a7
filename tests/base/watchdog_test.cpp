#include "mixnn/base/watchdog.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

TEST(Watchdog, EndsAProcessThatWaitsForEver) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const Watchdog guard(50ms, "nobody came", 75);
        std::this_thread::sleep_for(60s);
      },
      testing::ExitedWithCode(75), "mixnn: nobody came\n");
}

TEST(Watchdog, LetsGoWhatEndsInTime) {
  const Stopwatch watch;
  for (int i = 0; i < 10; ++i) const Watchdog guard(60s, "nobody came", 75);
  EXPECT_LT(watch.seconds(), 30) << "it waited for its thread's next look";
  {
    const Watchdog guard(2s, "nobody came", 75);
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace
}  // namespace mixnn
