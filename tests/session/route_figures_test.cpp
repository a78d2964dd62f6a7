#include "mixnn/session/route_figures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "crypto/crypto_testing.hpp"
#include "mixnn/rounds/routes.hpp"

namespace mixnn {
namespace {

TEST(RouteFigures, OfTwoHopsAreThoseOfACrossoverThatTheSenderSees) {
  EXPECT_NEAR(host_bits_of_draw(8, 2), 0.222, 0.001);
  EXPECT_DOUBLE_EQ(host_bits_of_draw(8, 1), host_bits_of_draw(8, 2));
  EXPECT_NEAR(relay_bits_of_draw(8, 3), 0.225, 0.001);
}

TEST(RouteFigures, ThreeHopsHideMoreTheMoreRanksThereAre) {
  EXPECT_GT(host_bits_of_draw(5, 3), 0.5) << "of five ranks there are too few routes";
  EXPECT_GT(host_bits_of_draw(5, 2), host_bits_of_draw(5, 3));
  for (std::size_t ranks = 6; ranks < 64; ++ranks) {
    EXPECT_LE(host_bits_of_draw(ranks, 3), 0.01);
    EXPECT_LT(host_bits_of_draw(ranks, 3), host_bits_of_draw(ranks, 2));
    EXPECT_GT(relay_bits_of_draw(ranks, 3), host_bits_of_draw(ranks, 2));
    EXPECT_LT(relay_bits_of_draw(ranks, 3), 1.1 * host_bits_of_draw(ranks, 2));
  }
}

// As often as in routes that are drawn; five standard deviations.
TEST(RouteFigures, AWholePathIsHeldAsOftenAsTheySay) {
  constexpr std::uint32_t kRanks = 7, kDraws = 4000;
  Csprng rng = testing::seeded(1);
  for (const std::size_t hops : {1u, 2u, 3u}) {
    std::array<double, 4> held{};
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const Routes routes = draw_routes(kRanks, hops, rng);
      for (std::size_t relays = 1; relays <= 3; ++relays) {  // 1 .. relays, and the sender 0
        bool all = true;
        for (std::size_t hop = 0; hop < hops; ++hop) all = all && routes.hop(0, 6, hop) <= relays;
        held[relays] += all;
      }
    }
    for (std::size_t relays = 1; relays <= 3; ++relays) {
      const double p = whole_path_probability(kRanks, hops, relays);
      EXPECT_NEAR(held[relays] / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws))
          << hops << " hops, " << relays << " relays";
    }
  }
  EXPECT_EQ(whole_path_probability(8, 3, 1), 0);
  EXPECT_NEAR(whole_path_probability(8, 3, 2), 4.0 / (6 * 6 * 6), 0.001);
}

TEST(RouteFigures, OfAnyDrawsTellNoMoreThanThereIs) {
  EXPECT_DOUBLE_EQ(host_bits_of_draws(8, 2, 3), 3 * host_bits_of_draw(8, 2));
  EXPECT_DOUBLE_EQ(host_bits_of_draws(8, 2, 1000), std::log2(6)) << "which of six it is";
}

TEST(RouteFigures, OfOnionsCountRelays) {
  EXPECT_DOUBLE_EQ(onion_crossover_probability(8, 2), 0.25);
}

}  // namespace
}  // namespace mixnn
