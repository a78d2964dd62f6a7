#include "mixnn/forecast/spot_check_work.hpp"

#include <gtest/gtest.h>

#include "small_model.hpp"

namespace mixnn {
namespace {

double work_at(double rate, std::size_t window) {
  const ModelSpec model = testing::small_model({1, 2, 5}, {20, 4});
  TrainingOptions training;
  SessionOptions session;
  session.spot_checks = rate;
  session.window_steps = window;
  Forecast forecast;
  forecast.micro_batches = 4;
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

}  // namespace
}  // namespace mixnn
