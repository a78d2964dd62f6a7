#include "mixnn/rounds/run_routes.hpp"

#include <gtest/gtest.h>

#include "crypto/crypto_testing.hpp"

namespace mixnn {
namespace {

std::vector<std::uint32_t> relays_of(const Routes& routes) {
  std::vector<std::uint32_t> relays;
  for (std::uint32_t x = 0; x < routes.ranks(); ++x)
    for (std::uint32_t y = 0; y < routes.ranks(); ++y)
      for (std::size_t hop = 0; x != y && hop < routes.hops(); ++hop)
        relays.push_back(routes.hop(x, y, hop));
  return relays;
}

TEST(RunRoutes, StayAsTheyAreIfTheyAreDrawnOnce) {
  Csprng rng = testing::seeded(1);
  RunRoutes routes(7, 3, false, rng);
  const auto bulk = relays_of(routes.now().bulk), training = relays_of(routes.now().training);
  EXPECT_NE(bulk, training);
  for (int epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(relays_of(routes.next().bulk), bulk);
    EXPECT_EQ(relays_of(routes.next().training), training);
    routes.next_begins();
    EXPECT_EQ(relays_of(routes.now().training), training);
  }
}

TEST(RunRoutes, AreOthersFromTheNextKeyEpochOnIfTheyAreFreshInEach) {
  Csprng rng = testing::seeded(2);
  RunRoutes routes(7, 3, true, rng);
  for (int epoch = 0; epoch < 3; ++epoch) {
    const auto bulk = relays_of(routes.now().bulk), training = relays_of(routes.now().training);
    const auto next = relays_of(routes.next().training);
    EXPECT_NE(next, training);
    EXPECT_NE(relays_of(routes.next().bulk), bulk);
    EXPECT_EQ(relays_of(routes.next().training), next);
    EXPECT_EQ(relays_of(routes.now().training), training) << "not before it begins";
    routes.next_begins();
    EXPECT_EQ(relays_of(routes.now().training), next);
  }
}

TEST(RunRoutes, OfTheFirstKeyEpochAreNotDrawnAgainBeforeItEnds) {
  Csprng rng = testing::seeded(3);
  RunRoutes routes(6, 2, true, rng);
  const auto training = relays_of(routes.now().training);
  routes.next_begins();  // its tables are installed
  EXPECT_EQ(relays_of(routes.now().training), training);
}

}  // namespace
}  // namespace mixnn
