#include "mixnn/forecast/spot_check_work.hpp"

#include <gtest/gtest.h>

#include "small_model.hpp"

namespace mixnn {
namespace {

double work_at(double rate, std::size_t window, TrafficKind traffic = TrafficKind::kOnion) {
  const ModelSpec model = testing::small_model({1, 2, 5}, {20, 4});
  TrainingOptions training;
  SessionOptions session;
  session.spot_checks = rate;
  session.window_steps = window;
  session.traffic = traffic;
  Forecast forecast;
  forecast.micro_batches = 4;
  forecast.exchanges = traffic == TrafficKind::kRounds ? 13 : 0;
  forecast.work[static_cast<std::size_t>(WorkKind::kCompute)] = 1e-3;
  forecast.work[static_cast<std::size_t>(WorkKind::kSealing)] = 1e-3;
  return spot_check_work({model, training, session, 6, Machines{}}, forecast, 1e9);
}

TEST(SpotCheckWork, GrowsWithTheRateAndShrinksWithTheWindow) {
  EXPECT_EQ(work_at(0, 16), 0);
  EXPECT_GT(work_at(0.01, 16), 0.005);  // half of the work is computing, and 1 % is done again
  EXPECT_LT(work_at(0.01, 16), 0.05);
  EXPECT_GT(work_at(0.1, 16), 5 * work_at(0.01, 16));
  EXPECT_LT(work_at(0.01, 64), work_at(0.01, 4));
}

// Whoever opens a window takes exchanges of all.
TEST(SpotCheckWork, InRoundsIsThatOfTheExchangesInWhichARankOpens) {
  constexpr TrafficKind kRounds = TrafficKind::kRounds;
  EXPECT_EQ(work_at(0, 16, kRounds), 0);
  EXPECT_GT(work_at(0.01, 16, kRounds), 0.01) << "one rank of five opens in 5 % of the windows";
  EXPECT_LT(work_at(0.01, 16, kRounds), 0.1);
  EXPECT_GT(work_at(0.1, 16, kRounds), 4 * work_at(0.01, 16, kRounds));
}

}  // namespace
}  // namespace mixnn
