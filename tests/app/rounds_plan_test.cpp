#include "mixnn/app/report/plan/rounds_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mixnn {
namespace {

using ::testing::HasSubstr;

AppOptions rounds_options(std::size_t hops, Redraw redraw) {
  AppOptions options;
  options.session.traffic = TrafficKind::kRounds;
  options.session.hops = hops;
  options.session.redraw = redraw;
  options.training.epochs = 9;
  return options;
}

TEST(RoundsPlan, SaysWhatRoutesCostInBits) {
  EXPECT_EQ(routes_text(rounds_options(2, Redraw::kRun), 8),
            "drawn once, tell a host about 0.22 bits of each neighbour");
  const std::string fresh = routes_text(rounds_options(2, Redraw::kEpoch), 8);
  EXPECT_THAT(fresh, HasSubstr("for each epoch"));
  EXPECT_THAT(fresh, HasSubstr("2.2 bits in all")) << "ten draws";
  EXPECT_THAT(routes_text(rounds_options(3, Redraw::kRun), 5), HasSubstr("0.56 bits"));
  EXPECT_EQ(routes_text(rounds_options(2, Redraw::kBatch), 8),
            "drawn for each mini-batch, tell a host about 0.22 bits of each neighbour, 2.6 bits in "
            "100 of them");
}

TEST(RoundsPlan, AdvisesARankNumberThatFitsManyNetworks) {
  EXPECT_EQ(advised_ranks(1), 8u);
  EXPECT_EQ(advised_ranks(5), 8u);
  EXPECT_EQ(advised_ranks(6), 12u);
  EXPECT_EQ(advised_ranks(8), 12u);
  EXPECT_EQ(advised_ranks(13), 16u);
  for (std::size_t stages = 1; stages < 200; ++stages)
    EXPECT_GE(advised_ranks(stages), stages + 3) << "and others to hide among";
}

TEST(RoundsPlan, NamesTheShortestStep) {
  std::vector<Forecast> forecasts(3);
  forecasts[0].micro_batches = 1, forecasts[0].step_s = 3;
  forecasts[1].micro_batches = 2, forecasts[1].step_s = 1;
  forecasts[2].micro_batches = 4, forecasts[2].step_s = 2;
  EXPECT_EQ(fastest_micro_batches(forecasts), 2u);
  EXPECT_THAT(rounds_table(forecasts, 4), HasSubstr("\n*             4 "));
}

}  // namespace
}  // namespace mixnn
