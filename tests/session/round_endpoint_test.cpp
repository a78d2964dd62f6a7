#include "mixnn/session/round_endpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// Where exchanges are held others want the cores, and a rank looks for slots ever less often.
TEST(RoundEndpoint, LooksLessOftenTheLongerNothingComes) {
  LoopbackNetwork network(5, 1);
  RunParameters parameters;
  parameters.traffic = TrafficKind::kRounds;
  parameters.hops = 3;
  parameters.cell_bytes = 8192;
  parameters.period_ns = 1'000'000;
  const std::vector<LaneKeys> lanes(1);
  ActivityRecorder activity;
  const SteadyClock clock;
  const Nanoseconds before = clock.now();
  const RoundEndpoint endpoint(network.at(1), parameters, lanes, activity);
  const Nanoseconds first = endpoint.nap();
  EXPECT_LE(first, std::max<Nanoseconds>(125us, (clock.now() - before) / 8)) << "an eighth each";
  std::this_thread::sleep_for(48ms);
  EXPECT_GE(endpoint.nap(), 6ms);
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(endpoint.nap(), 10ms) << "the longest";
}

}  // namespace
}  // namespace mixnn
