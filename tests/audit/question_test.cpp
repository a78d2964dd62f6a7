#include "mixnn/audit/inference/question.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "audit/synthetic.hpp"
#include "mixnn/audit/inference/judgement.hpp"
#include "mixnn/audit/inference/null_tests.hpp"

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

// Runs of which it is known that no neighbours are on one machine, in one of the orders that are
// left.
std::vector<SeenRun> runs_on(const std::vector<std::uint32_t>& machines, std::size_t count,
                             std::uint32_t index) {
  CounterRng rng = testing::synthetic_rng(index);
  const auto n = static_cast<std::uint32_t>(machines.size());
  std::vector<SeenRun> runs;
  while (runs.size() < count) {
    SeenRun run = testing::empty_run(n, 2, 2, rng);
    testing::add_noise(run, 1, rng);
    run.sight.own = {rng.below(n)};
    std::vector<std::uint32_t> shuffled = machines;  // of which ranks those are varies, too
    shuffle(std::span(shuffled), rng);
    run.sight.machines = shuffled;
    if (std::ranges::adjacent_find(run.order, [&](std::uint32_t a, std::uint32_t b) {
          return shuffled[a] != 0 && shuffled[a] == shuffled[b];
        }) == run.order.end())
      runs.push_back(std::move(run));
  }
  return runs;
}

TEST(OverMachines, WhatIsKnownBeforeIsNotLearnt) {
  struct Case {
    std::vector<std::uint32_t> machines;
    double orders;
  };
  // Of A, A, B, B and of A, A, B: those in which they take turns. Of 0 all.
  for (const auto& [machines, orders] :
       {Case{{1, 1, 2, 2}, 8}, Case{{1, 1, 2}, 2}, Case{{0, 0, 1, 1}, 12}}) {
    const std::vector<SeenRun> runs = runs_on(machines, 60, 70);
    const Judgement order = judge(*posterior_of(PlanSecret::kOrder, runs));
    EXPECT_NEAR(order.prior_bits, std::log2(orders), 1e-9);
    for (const PlanSecret secret : {PlanSecret::kOrder, PlanSecret::kPosition, PlanSecret::kNext}) {
      const Judgement judged = judge(*posterior_of(secret, runs));
      EXPECT_LE(judged.bits.low, 0.02);
      EXPECT_LT(judged.bits.mean, 0.1);
      EXPECT_LT(judged.parts.error, 0.1) << "what was claimed came true as often";
      EXPECT_LT(std::abs(judged.stated - judged.found.mean), 0.2);
    }
  }
}

// Two of three on one machine are the first and the last.
TEST(OverMachines, APositionThatFollowsFromThemIsNoSecret) {
  std::vector<SeenRun> runs = runs_on({1, 1, 2}, 20, 71);
  for (SeenRun& run : runs)
    run.sight.own = {static_cast<std::size_t>(std::ranges::find(run.sight.machines, 2u) -
                                              run.sight.machines.begin())};
  const Judgement judged = judge(*posterior_of(PlanSecret::kPosition, runs));
  EXPECT_NEAR(judged.prior_bits, 0, 1e-9);
  EXPECT_NEAR(judged.bits.mean, 0, 1e-9);
  EXPECT_EQ(judged.found.mean, 1);
}

TEST(OverMachines, AFlagTellsNoMoreThanWasLeft) {
  std::vector<SeenRun> runs = runs_on({1, 1, 2, 2}, 60, 72);
  for (SeenRun& run : runs)
    for (std::size_t at = 1; at < 4; ++at)
      run.sight.observation.pair[run.order[at - 1]][run.order[at]][0] += 100;
  const Judgement judged = judge(*posterior_of(PlanSecret::kOrder, runs));
  EXPECT_GT(judged.bits.mean, 2.8);
  EXPECT_LE(judged.bits.mean, 3 + 1e-9);
  const Interval permuted = null_bits(PlanSecret::kOrder, runs, with_permuted_orders);
  EXPECT_LE(permuted.low, 0.02) << "permuted runs have orders that there can be";
  EXPECT_GT(permuted.mean, -1);
}

}  // namespace
}  // namespace mixnn
