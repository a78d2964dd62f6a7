#include "mixnn/rounds/routes.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "crypto/crypto_testing.hpp"
#include "rounds/statistics.hpp"

namespace mixnn {
namespace {

void each_circuit(std::uint32_t ranks, const auto& visit) {
  for (std::uint32_t x = 0; x < ranks; ++x)
    for (std::uint32_t y = 0; y < ranks; ++y)
      if (x != y) visit(x, y);
}

class RoutesOfHops : public ::testing::TestWithParam<std::size_t> {
 protected:
  const std::size_t hops = GetParam();
  Csprng rng = testing::seeded(4);
};

TEST_P(RoutesOfHops, EveryLinkCarriesOneSlotInEveryRound) {
  for (std::uint32_t ranks = 5; ranks <= 32; ++ranks) {
    const Routes routes = draw_routes(ranks, hops, rng);
    for (std::size_t round = 0; round <= hops; ++round) {
      std::vector<int> load(ranks * ranks);
      each_circuit(ranks, [&](std::uint32_t x, std::uint32_t y) {
        ++load[routes.at(x, y, round) * ranks + routes.at(x, y, round + 1)];
      });
      for (std::uint32_t u = 0; u < ranks; ++u)
        for (std::uint32_t v = 0; v < ranks; ++v)
          ASSERT_EQ(load[u * ranks + v], u == v ? 0 : 1) << ranks << " ranks, round " << round;
    }
  }
}

TEST_P(RoutesOfHops, TheCrossoverIsNeitherAnEndNorAnotherRelay) {
  for (std::uint32_t ranks = 5; ranks <= 32; ++ranks) {
    const Routes routes = draw_routes(ranks, hops, rng);
    each_circuit(ranks, [&](std::uint32_t x, std::uint32_t y) {
      const std::size_t crossover = routes.crossover() + 1;
      for (std::size_t place = 0; place <= hops + 1; ++place)
        ASSERT_EQ(routes.at(x, y, place) == routes.at(x, y, crossover), place == crossover)
            << ranks << " ranks, place " << place;
      ASSERT_NE(routes.first(x, y), x);
      ASSERT_NE(routes.last(x, y), y);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Hops, RoutesOfHops, ::testing::Values(1, 2, 3));

// Crossover, first and last relay of one circuit: all of which two are different, all equally often
// (a right drawer fails once in 10^6 times).
TEST(Routes, TheThreeRelaysOfACircuitAreIndependent) {
  constexpr std::uint32_t kRanks = 6, kX = 2, kY = 5, kDraws = 20000;
  Csprng rng = testing::seeded(5);
  std::vector<std::uint32_t> counts(kRanks * kRanks * kRanks);
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const Routes routes = draw_routes(kRanks, 3, rng);
    ++counts[(routes.hop(kX, kY, 0) * kRanks + routes.hop(kX, kY, 1)) * kRanks +
             routes.hop(kX, kY, 2)];
  }
  std::erase(counts, 0u);
  ASSERT_EQ(counts.size(), 64u) << "four crossovers, and for each four first and four last relays";
  EXPECT_LT(testing::chi_square(counts), testing::chi_quantile(63, testing::kSigmas1e6));
}

// All that a sender learns of one draw: the first relay is the receiver with a probability of
// 1 / (N - 2), each other one is with (N - 3) / (N - 2)^2. At eight ranks that is 0.003 bit a draw:
// who takes the commonest first relay of twenty draws is right in 21 of 100 cases, not in 14.
TEST(Routes, TheFirstLinkOfThreeHopsSaysNextToNothingOfTheReceiver) {
  constexpr double kRanks = 8, kDraws = 20000;
  Csprng rng = testing::seeded(6);
  double same = 0;
  for (int i = 0; i < kDraws; ++i) same += draw_routes(8, 3, rng).first(1, 4) == 4;
  const double p = 1 / (kRanks - 2), other = (1 - p) / (kRanks - 2);
  EXPECT_NEAR(same / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << "five standard deviations";
  const double left = -p * std::log2(p) - (kRanks - 2) * other * std::log2(other);
  EXPECT_LT(std::log2(kRanks - 1) - left, 0.01) << "bits";
}

}  // namespace
}  // namespace mixnn
