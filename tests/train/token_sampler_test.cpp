#include "mixnn/train/token_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace mixnn {
namespace {

const std::vector<float> kOutputs{1, 3, 2, 3, -50};

std::vector<double> shares(TokenSampler sampler, std::span<const float> outputs, int draws) {
  std::vector<double> counts(outputs.size());
  for (int i = 0; i < draws; ++i) counts[sampler.draw(outputs)] += 1.0 / draws;
  return counts;
}

TEST(TokenSampler, AtTemperatureZeroTakesTheFirstOfTheLargest) {
  TokenSampler sampler(0, 0, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sampler.draw(kOutputs), 1u);
}

// 20,000 draws: a share's standard deviation is at most 0.0036.
TEST(TokenSampler, DrawsByTheSoftmaxOfTheOutputsOverTheTemperature) {
  for (const double temperature : {0.5, 1.0, 2.0}) {
    double sum = 0;
    for (const float x : kOutputs) sum += std::exp(static_cast<double>(x) / temperature);
    const std::vector<double> found = shares({temperature, 0, 7}, kOutputs, 20'000);
    for (std::size_t i = 0; i < kOutputs.size(); ++i)
      EXPECT_NEAR(found[i], std::exp(static_cast<double>(kOutputs[i]) / temperature) / sum, 0.018)
          << i << " at " << temperature;
  }
}

TEST(TokenSampler, TopKLeavesTheLargestAndWhatEqualsTheLastOfThem) {
  const auto drawn = [](std::size_t k) {
    std::set<std::size_t> tokens;
    TokenSampler sampler(100, k, 3);  // almost alike
    for (int i = 0; i < 300; ++i) tokens.insert(sampler.draw(kOutputs));
    return tokens;
  };
  EXPECT_EQ(drawn(1), (std::set<std::size_t>{1, 3}));
  EXPECT_EQ(drawn(2), (std::set<std::size_t>{1, 3}));
  EXPECT_EQ(drawn(3), (std::set<std::size_t>{1, 2, 3}));
  EXPECT_EQ(drawn(0), (std::set<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(drawn(9), (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(TokenSampler, TheSeedDecides) {
  const auto tokens = [](std::uint64_t seed) {
    TokenSampler sampler(2, 0, seed);
    std::vector<std::size_t> drawn;
    for (int i = 0; i < 40; ++i) drawn.push_back(sampler.draw(kOutputs));
    return drawn;
  };
  EXPECT_EQ(tokens(5), tokens(5));
  EXPECT_NE(tokens(5), tokens(6));
}

}  // namespace
}  // namespace mixnn
