// Synthetic samples of which it is known how much they tell: estimates have to say so.
#include "mixnn/audit/inference/judgement.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "audit/synthetic.hpp"
#include "mixnn/audit/inference/choice_model.hpp"
#include "mixnn/audit/inference/cross_validation.hpp"
#include "mixnn/audit/inference/null_tests.hpp"
#include "mixnn/audit/inference/order_model.hpp"

namespace mixnn {
namespace {

// A flag that marks the true one of so many candidates, but with probability `wrong` another.
ChoiceModel flagged(std::size_t candidates, double wrong, std::size_t runs, CounterRng& rng) {
  std::vector<ChoiceSample> samples(runs);
  for (ChoiceSample& sample : samples) {
    const auto others = static_cast<std::uint32_t>(candidates - 1);
    sample.truth = rng.below(others + 1);
    std::size_t marked = sample.truth;
    if (static_cast<double>(rng.uniform()) < wrong)
      marked = (sample.truth + 1 + rng.below(others)) % candidates;
    for (std::size_t c = 0; c < candidates; ++c)
      sample.features.push_back({c == marked ? 1.0 : 0.0});
  }
  return ChoiceModel(std::move(samples));
}

double channel_bits(double candidates, double wrong) {
  return std::log2(candidates) + (1 - wrong) * std::log2(1 - wrong) +
         wrong * std::log2(wrong / (candidates - 1));
}

void expect_holds(const Interval& interval, double truth, double slack = 0) {
  EXPECT_LE(interval.low, truth);
  EXPECT_GE(interval.high, truth - slack);
}

TEST(Judgement, SaysHowManyBitsAFlagTells) {
  CounterRng rng = testing::synthetic_rng(40);
  for (const double wrong : {0.05, 0.25, 0.5}) {
    const Judgement judgement = judge(flagged(4, wrong, 200, rng));
    EXPECT_NEAR(judgement.prior_bits, 2, 1e-9);
    expect_holds(judgement.bits, channel_bits(4, wrong));
    expect_holds(judgement.found, 1 - wrong);
    EXPECT_NEAR(judgement.stated, judgement.found.mean, 0.1);
    EXPECT_LT(judgement.parts.error, 0.05);
  }
}

// The first stage's host is known, and nothing else.
std::vector<SeenRun> runs_that_show_the_first(std::uint32_t n, std::size_t count,
                                              std::uint32_t index) {
  CounterRng rng = testing::synthetic_rng(index);
  std::vector<SeenRun> runs;
  for (std::size_t i = 0; i < count; ++i) {
    runs.push_back(testing::empty_run(n, 2, 2, rng));
    runs.back().sight.observation.single[runs.back().order[0]][1] = 1;
  }
  return runs;
}

TEST(Judgement, OfAnOrderWhoseFirstIsShownIsTheFirstsBits) {
  const Judgement judgement =
      judge(*posterior_of(PlanSecret::kOrder, runs_that_show_the_first(4, 60, 41)));
  EXPECT_NEAR(judgement.prior_bits, std::log2(24), 1e-9);
  EXPECT_NEAR(judgement.bits.mean, 2, 0.06);  // what doubt takes off
}

// The same mark on the first and on the last: of 24 orders four are left, which no feature that
// grows along the order can tell.
TEST(Judgement, OfAnOrderWhoseEndsAreMarkedAlikeIsTheEndsBits) {
  CounterRng rng = testing::synthetic_rng(48);
  std::vector<SeenRun> runs;
  for (int i = 0; i < 60; ++i) {
    SeenRun& run = runs.emplace_back(testing::empty_run(4, 1, 1, rng));
    for (const std::uint32_t end : {run.order.front(), run.order.back()})
      run.sight.observation.single[end][0] = 1;
  }
  EXPECT_NEAR(judge(*posterior_of(PlanSecret::kOrder, runs)).bits.mean, std::log2(24.0 / 4), 0.06);
}

// Pairs that stand side by side have features about 1, others about 0: how much that tells follows
// from the posterior with the weights of the normal distribution itself.
TEST(Judgement, OfNoisyPairsIsWhatTheTruePosteriorSays) {
  CounterRng rng = testing::synthetic_rng(42);
  constexpr double kDeviation = 0.8;
  std::vector<SeenRun> runs;
  std::vector<OrderSample> samples;
  for (int i = 0; i < 100; ++i) {
    SeenRun run = testing::empty_run(5, 0, 1, rng);
    for (std::size_t at = 1; at < 5; ++at)
      run.sight.observation.pair[run.order[at - 1]][run.order[at]][0] = 1;
    testing::add_noise(run, kDeviation, rng);
    samples.push_back({run.sight.observation, run.order});
    runs.push_back(std::move(run));
  }
  const OrderModel model(std::move(samples));
  const double weight[] = {1 / (kDeviation * kDeviation)};
  double bits = 0;
  for (std::size_t i = 0; i < 100; ++i)
    bits += (model.log_truth(i, weight, {}) + model.log_answers(i)) / std::log(2.0) / 100;
  const Judgement judgement = judge(*posterior_of(PlanSecret::kOrder, runs));
  EXPECT_GT(bits, 2);
  EXPECT_LT(bits, 5.5);
  EXPECT_NEAR(judgement.bits.mean, bits, 0.25);
  expect_holds(judgement.bits, bits);
  EXPECT_LT(judgement.parts.error, 0.06);
}

TEST(Judgement, OfNoiseIsZeroBits) {
  CounterRng rng = testing::synthetic_rng(43);
  for (const std::uint32_t n : {3u, 5u}) {
    std::vector<SeenRun> runs;
    for (int i = 0; i < 50; ++i) {
      runs.push_back(testing::empty_run(n, 6, 6, rng));
      testing::add_noise(runs.back(), 1, rng);
    }
    for (const PlanSecret secret : {PlanSecret::kOrder, PlanSecret::kPosition, PlanSecret::kNext}) {
      const Interval bits = judge(*posterior_of(secret, runs)).bits;
      expect_holds(bits, 0, 0.02);
      EXPECT_NEAR(bits.mean, 0, 0.15);
    }
  }
}

TEST(Judgement, OfFeaturesThatNeverDifferIsExactlyZero) {
  CounterRng rng = testing::synthetic_rng(44);
  std::vector<SeenRun> runs;
  for (int i = 0; i < 20; ++i) {
    runs.push_back(testing::empty_run(3, 2, 2, rng));
    for (auto& features : runs.back().sight.observation.single) features = {0.1, 7};
  }
  for (const PlanSecret secret : {PlanSecret::kOrder, PlanSecret::kPosition, PlanSecret::kNext}) {
    const Interval bits = judge(*posterior_of(secret, runs)).bits;
    EXPECT_EQ(bits.mean, 0);
    EXPECT_EQ(bits.low, 0);
    EXPECT_EQ(bits.high, 0);
  }
}

// The same pipeline on what cannot tell anything.
TEST(Judgement, NullTestsOfRunsThatTellMuchFindNothing) {
  const std::vector<SeenRun> runs = runs_that_show_the_first(4, 50, 45);
  for (const NullRuns null : {with_permuted_orders, with_noise}) {
    const Interval bits = null_bits(PlanSecret::kOrder, runs, null);
    EXPECT_LE(bits.low, 0);
    EXPECT_NEAR(bits.mean, 0, 0.1);
  }
}

// One run in twenty shows another order than its own, as sure as the others: who takes every run at
// its word loses more by it than he learnt.
TEST(Judgement, DoubtsARunThatIsSureButWrong) {
  std::vector<SeenRun> runs = runs_that_show_the_first(4, 100, 46);
  for (std::size_t i = 0; i < runs.size(); i += 20) std::swap(runs[i].order[0], runs[i].order[1]);
  const Judgement judgement = judge(*posterior_of(PlanSecret::kOrder, runs));
  const double truth = channel_bits(4, 0.05);
  expect_holds(judgement.bits, truth);
  EXPECT_GT(judgement.bits.mean, truth - 0.3);
}

// Of ten runs that were all found nobody knows that the next will be.
TEST(Judgement, DoubtsEvenIfNoRunSurprisedYet) {
  CounterRng rng = testing::synthetic_rng(49);
  const Judgement few = judge(flagged(4, 0, 10, rng)), many = judge(flagged(4, 0, 200, rng));
  EXPECT_EQ(few.found.mean, 1);
  EXPECT_LT(few.bits.mean, 1.97);
  EXPECT_GT(few.bits.mean, 1.7);
  EXPECT_GT(many.bits.mean, 1.98);
}

TEST(CrossValidation, JudgesASampleWithoutItsOwnTruth) {
  CounterRng rng = testing::synthetic_rng(47);
  // Each run has a feature that marks its own truth, of its own: who saw it in training knows all.
  std::vector<ChoiceSample> samples(20);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].truth = rng.below(3);
    samples[i].features.assign(3, std::vector<double>(samples.size()));
    samples[i].features[samples[i].truth][i] = 1;
  }
  for (const HeldOut& held : cross_validate(ChoiceModel(std::move(samples))))
    EXPECT_NEAR(held.bits, 0, 1e-6);
}

}  // namespace
}  // namespace mixnn
