// What choice and order models have in common.
#include <gtest/gtest.h>

#include <cmath>

#include "audit/synthetic.hpp"
#include "mixnn/audit/inference/choice_model.hpp"
#include "mixnn/audit/inference/fit.hpp"
#include "mixnn/audit/inference/order_model.hpp"

namespace mixnn {
namespace {

OrderModel noisy_orders(std::uint32_t n, std::size_t runs) {
  CounterRng rng = testing::synthetic_rng(20);
  std::vector<OrderSample> samples;
  for (std::size_t i = 0; i < runs; ++i) {
    SeenRun run = testing::empty_run(n, 2, 3, rng);
    testing::add_noise(run, 1, rng);
    samples.push_back({run.sight.observation, run.order});
  }
  return OrderModel(std::move(samples));
}

ChoiceModel noisy_choices(std::size_t runs) {
  CounterRng rng = testing::synthetic_rng(21);
  std::vector<ChoiceSample> samples(runs);
  for (ChoiceSample& sample : samples) {
    sample.features.assign(5, std::vector<double>(4));
    for (auto& row : sample.features)
      for (double& feature : row) feature = testing::normal_number(rng);
    sample.truth = rng.below(5);
  }
  return ChoiceModel(std::move(samples));
}

std::vector<double> some_weights(const Posterior& model) {
  CounterRng rng = testing::synthetic_rng(22);
  std::vector<double> weights(model.weights());
  for (double& weight : weights) weight = testing::normal_number(rng);
  return weights;
}

void expect_slope(const Posterior& model) {
  std::vector<double> weights = some_weights(model), gradient(weights.size());
  model.log_truth(0, weights, gradient);
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double before = weights[i];
    weights[i] = before + kStep;
    const double above = model.log_truth(0, weights, {});
    weights[i] = before - kStep;
    const double below = model.log_truth(0, weights, {});
    weights[i] = before;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-6) << i;
  }
}

TEST(Models, GradientsAreSlopes) {
  expect_slope(noisy_orders(5, 1));
  expect_slope(noisy_choices(1));
}

void expect_prior(const Posterior& model) {
  const std::vector<double> nothing(model.weights());
  EXPECT_NEAR(model.log_truth(0, nothing, {}), -model.log_answers(0), 1e-9);
  for (const Claim& claim : model.answer(0, nothing).parts)
    EXPECT_NEAR(claim.stated, claim.before, 1e-9);
}

TEST(Models, WithoutWeightsStateThePrior) {
  expect_prior(noisy_orders(4, 1));
  expect_prior(noisy_choices(1));
}

TEST(Models, WhatAllCandidatesHaveAlikeSaysNothing) {
  CounterRng rng = testing::synthetic_rng(23);
  SeenRun run = testing::empty_run(4, 1, 1, rng);
  for (auto& features : run.sight.observation.single) features[0] = 0.1 + 0.2;
  for (auto& row : run.sight.observation.pair)
    for (auto& features : row) features[0] = 1e9 + 0.1;
  const OrderModel model({{run.sight.observation, run.order}});
  const std::size_t only[] = {0};
  for (const double spread : model.spreads(only)) EXPECT_EQ(spread, 0);
}

// One candidate is marked; by its place, what the three weights of a mark add to the score.
TEST(Models, AMarkCountsAtTheFirstAtTheLastAndAlongTheOrder) {
  std::vector<OrderSample> samples;
  for (std::size_t place = 0; place < 4; ++place) {
    OrderSample& sample = samples.emplace_back();
    sample.seen.single = {{1}, {0}, {0}, {0}};
    sample.seen.pair.assign(4, std::vector<std::vector<double>>(4));
    sample.truth = {1, 2, 3};
    sample.truth.insert(sample.truth.begin() + static_cast<std::ptrdiff_t>(place), 0);
  }
  const OrderModel model(std::move(samples));
  const auto above_second = [&](std::size_t place, std::vector<double> weights) {
    return model.log_truth(place, weights, {}) - model.log_truth(1, weights, {});
  };
  EXPECT_NEAR(above_second(0, {2, 0, 0}), 2, 1e-9);
  EXPECT_NEAR(above_second(2, {2, 0, 0}), 0, 1e-9);
  EXPECT_NEAR(above_second(3, {0, 2, 0}), 2, 1e-9);
  EXPECT_NEAR(above_second(0, {0, 2, 0}), 0, 1e-9);
  EXPECT_NEAR(above_second(2, {0, 0, 3}), 2, 1e-9);
  EXPECT_NEAR(above_second(0, {0, 0, 3}), -2, 1e-9);
}

TEST(Models, AFitFindsTheWeightsThatSamplesWereDrawnFrom) {
  constexpr double kWeight = 1.5;
  CounterRng rng = testing::synthetic_rng(24);
  std::vector<ChoiceSample> samples(2000);
  for (ChoiceSample& sample : samples) {
    double most = -1e9;
    for (std::size_t c = 0; c < 4; ++c) {
      const double feature = testing::normal_number(rng);
      // A score and a Gumbel number: the largest sum is drawn in proportion to e^score.
      const double gumbel = -std::log(-std::log(static_cast<double>(rng.uniform()) + 1e-12));
      sample.features.push_back({feature});
      if (kWeight * feature + gumbel <= most) continue;
      most = kWeight * feature + gumbel;
      sample.truth = c;
    }
  }
  const ChoiceModel model(std::move(samples));
  std::vector<std::size_t> all(2000);
  std::iota(all.begin(), all.end(), std::size_t{0});
  EXPECT_NEAR(fit(model, all, 0.1)[0], kWeight, 0.15);
}

}  // namespace
}  // namespace mixnn
