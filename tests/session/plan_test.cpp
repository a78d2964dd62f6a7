#include "mixnn/session/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "mixnn/crypto/random.hpp"
#include "mixnn/session/route.hpp"

namespace mixnn {
namespace {

// Fixed seeds; limits at p = 0.001.
Csprng seeded(std::byte b) {
  Key key;
  key.bytes()[0] = b;
  return Csprng(key);
}

TEST(Plan, DealsEveryRankButTheOwnerOnePlace) {
  Csprng rng = seeded(std::byte{1});
  for (int i = 0; i < 100; ++i) {
    const Plan plan = draw_plan(9, 3, rng);
    EXPECT_EQ(std::set<std::uint32_t>(plan.places.begin(), plan.places.end()),
              (std::set<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(plan.places.size(), 8u);
    EXPECT_EQ(plan.decoys(), 5u);
    for (std::size_t place = 0; place < 8; ++place)
      EXPECT_EQ(plan.hosts(plan.places[place]), place < 3);
  }
}

TEST(Plan, EveryPlacementIsEquallyLikely) {
  Csprng rng = seeded(std::byte{2});
  std::map<std::vector<std::uint32_t>, int> counts;
  for (int i = 0; i < 40000; ++i) {
    const Plan plan = draw_plan(6, 2, rng);
    ++counts[{plan.places[0], plan.places[1]}];  // 5 * 4 = 20 ordered pairs
  }
  EXPECT_EQ(counts.size(), 20u);
  double chi2 = 0;
  for (const auto& [hosts, n] : counts) chi2 += (n - 2000.0) * (n - 2000.0) / 2000.0;
  EXPECT_LT(chi2, 43.8);  // 19 degrees of freedom
}

// Whoever sends and receives: all ranks are as likely in each place, the two ends and the owner
// among them.
TEST(Route, IsAUniformlyRandomOrderedChoiceOfDistinctRanks) {
  Csprng rng = seeded(std::byte{3});
  std::map<std::vector<std::uint32_t>, int> counts;
  for (int i = 0; i < 48000; ++i) {
    const std::vector<std::uint32_t> route = draw_route(4, 3, rng);
    ASSERT_EQ(std::set<std::uint32_t>(route.begin(), route.end()).size(), 3u);
    ++counts[route];
  }
  EXPECT_EQ(counts.size(), 24u);
  double chi2 = 0;
  for (const auto& [route, n] : counts) chi2 += (n - 2000.0) * (n - 2000.0) / 2000.0;
  EXPECT_LT(chi2, 49.7);  // 23 degrees of freedom
}

TEST(Route, OfNoHopsIsEmpty) {
  Csprng rng = seeded(std::byte{4});
  EXPECT_TRUE(draw_route(5, 0, rng).empty());
}

}  // namespace
}  // namespace mixnn
