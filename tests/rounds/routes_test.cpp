#include "mixnn/rounds/routes.hpp"

#include <gtest/gtest.h>

#include <utility>

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

// A circuit's relays beside its crossover are the far end once in N - 1 times, and each of the N -
// 3 others that they may be equally often; each for itself (a right drawer fails once in 10^6
// times).
TEST(Routes, TheThreeRelaysOfACircuitAreIndependent) {
  constexpr std::uint32_t kRanks = 6, kX = 2, kY = 5, kDraws = 12000;
  Csprng rng = testing::seeded(5);
  std::vector<std::uint32_t> counts(kRanks * kRanks * kRanks);
  const auto place = [](std::uint32_t first, std::uint32_t crossover, std::uint32_t last) {
    return (first * kRanks + crossover) * kRanks + last;
  };
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const Routes routes = draw_routes(kRanks, 3, rng);
    ++counts[place(routes.hop(kX, kY, 0), routes.hop(kX, kY, 1), routes.hop(kX, kY, 2))];
  }
  const auto share = [](bool far_end) { return far_end ? 1.0 / 5 : 4.0 / 5 / 3; };
  double statistic = 0, seen = 0;
  for (std::uint32_t b = 0; b < kRanks; ++b)
    for (std::uint32_t a = 0; a < kRanks; ++a)
      for (std::uint32_t z = 0; z < kRanks; ++z) {
        if (b == kX || b == kY || a == b || a == kX || z == b || z == kY) continue;
        const double expected = kDraws / 4.0 * share(a == kY) * share(z == kX);
        const double count = counts[place(a, b, z)];
        statistic += (count - expected) * (count - expected) / expected;
        seen += count;
      }
  EXPECT_EQ(seen, kDraws) << "four crossovers, and for each four first and four last relays";
  EXPECT_LT(statistic, testing::chi_quantile(63, testing::kSigmas1e6));
}

// Of all circuits of a draw as many have the receiver as their first relay as if that were any
// other rank than the sender: N of N (N - 1), in the mean. So a sender's link says nothing; and
// neither does a receiver's. A square drawn without a look at the crossovers gives N - 1 for N - 2.
TEST(Routes, NeitherEndsLinkSaysAnythingOfTheOther) {
  for (const auto& [ranks, draws] : {std::pair{6u, 6000u}, {8u, 3000u}, {13u, 1500u}}) {
    Csprng rng = testing::seeded(6);
    testing::Mean first, last;
    for (std::uint32_t i = 0; i < draws; ++i) {
      const Routes routes = draw_routes(ranks, 3, rng);
      std::uint32_t receivers = 0, senders = 0;
      each_circuit(ranks, [&](std::uint32_t x, std::uint32_t y) {
        receivers += routes.first(x, y) == y;
        senders += routes.last(x, y) == x;
      });
      first.add(receivers);
      last.add(senders);
    }
    for (const testing::Mean& mean : {first, last}) {
      EXPECT_NEAR(mean.mean(), ranks, testing::kSigmas1e6 * mean.error()) << ranks;
      const double of_others = ranks + static_cast<double>(ranks) / (ranks - 2);
      EXPECT_GT(of_others - mean.mean(), 2 * testing::kSigmas1e6 * mean.error()) << "it can see";
    }
  }
}

// Two links of a host, which may be those to its next and its previous one.
TEST(Routes, TwoLinksSayNothingOfTwoReceivers) {
  constexpr std::uint32_t kRanks = 8, kDraws = 3000;
  Csprng rng = testing::seeded(7);
  testing::Mean both, swapped;  // per draw
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const Routes routes = draw_routes(kRanks, 3, rng);
    std::uint32_t same = 0, crossed = 0;
    each_circuit(kRanks, [&](std::uint32_t x, std::uint32_t y) {
      for (std::uint32_t v = 0; v < kRanks; ++v) {
        if (v == x || v == y) continue;
        same += routes.first(x, y) == y && routes.first(x, v) == v;
        crossed += routes.first(x, y) == v && routes.first(x, v) == y;
      }
    });
    both.add(same);
    swapped.add(crossed);
  }
  // Of N (N - 1) (N - 2) pairs one in (N - 1) (N - 2).
  EXPECT_NEAR(both.mean(), kRanks, testing::kSigmas1e6 * both.error());
  EXPECT_NEAR(swapped.mean(), kRanks, testing::kSigmas1e6 * swapped.error());
}

}  // namespace
}  // namespace mixnn
