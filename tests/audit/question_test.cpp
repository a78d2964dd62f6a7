#include "mixnn/audit/inference/question.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "audit/synthetic.hpp"
#include "mixnn/audit/inference/judgement.hpp"

namespace mixnn {
namespace {

std::vector<SeenRun> empty_runs(std::size_t count, std::uint32_t n, std::uint32_t index) {
  CounterRng rng = testing::synthetic_rng(index);
  std::vector<SeenRun> runs;
  for (std::size_t i = 0; i < count; ++i) {
    runs.push_back(testing::empty_run(n, 2, 2, rng));
    runs.back().sight.own = {rng.below(n)};
  }
  return runs;
}

std::size_t place_of_own(const SeenRun& run) {
  return static_cast<std::size_t>(std::ranges::find(run.order, run.sight.own[0]) -
                                  run.order.begin());
}

TEST(Question, AHostIsToldItsPositionByANumberThatRisesWithIt) {
  std::vector<SeenRun> runs = empty_runs(80, 6, 60);
  for (SeenRun& run : runs)
    run.sight.observation.single[run.sight.own[0]][0] =
        100 + 3 * static_cast<double>(place_of_own(run));
  const Judgement judgement = judge(*posterior_of(PlanSecret::kPosition, runs));
  EXPECT_NEAR(judgement.prior_bits, std::log2(6), 1e-9);
  EXPECT_GT(judgement.bits.mean, 0.8 * std::log2(6));
  EXPECT_GT(judgement.found.mean, 0.95);
}

TEST(Question, AHostIsToldWhoIsBehindIt) {
  std::vector<SeenRun> runs = empty_runs(60, 4, 61);
  for (SeenRun& run : runs)
    if (const std::size_t place = place_of_own(run); place + 1 < 4)
      run.sight.observation.pair[run.sight.own[0]][run.order[place + 1]][1] = 1;
  const Judgement judgement = judge(*posterior_of(PlanSecret::kNext, runs));
  EXPECT_NEAR(judgement.prior_bits, 2, 1e-9);
  EXPECT_GT(judgement.bits.mean, 1.8);
  EXPECT_EQ(judgement.found.mean, 1);
}

// The reverse of it: who is before a host is not behind it.
TEST(Question, AHostIsToldByWhoIsBeforeIt) {
  std::vector<SeenRun> runs = empty_runs(80, 4, 62);
  for (SeenRun& run : runs)
    if (const std::size_t place = place_of_own(run); place > 0)
      run.sight.observation.pair[run.order[place - 1]][run.sight.own[0]][0] = 1;
  const Judgement judgement = judge(*posterior_of(PlanSecret::kNext, runs));
  EXPECT_GT(judgement.bits.low, 0.2);
  EXPECT_LT(judgement.bits.mean, 1);
}

}  // namespace
}  // namespace mixnn
