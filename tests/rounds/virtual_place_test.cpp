#include "mixnn/rounds/virtual_place.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

// The figures of bench/host_place.py, which solves the same by other code.
TEST(VirtualPlace, ItsLawTellsAHostTheLeastThatALawCan) {
  EXPECT_NEAR(place_bits(3, place_law(3, 4)), 0.428, 0.001);
  EXPECT_NEAR(place_bits(8, place_law(8, 4)), 1.324, 0.001);
  EXPECT_NEAR(place_bits(3, place_law(3, 12)), 0.087, 0.001);
  EXPECT_NEAR(place_bits(3, place_law(3, 28)), 0.020, 0.001);
}

TEST(VirtualPlace, AUniformLawTellsMore) {
  EXPECT_NEAR(place_bits(3, std::vector<double>(4, 0.25)), 0.459, 0.001);
  EXPECT_NEAR(place_bits(3, std::vector<double>(12, 1 / 12.0)), 0.153, 0.001);
}

TEST(VirtualPlace, OnePlaceTellsAll) {
  EXPECT_EQ(place_law(4, 1), std::vector<double>{1});
  EXPECT_NEAR(place_bits(4, place_law(4, 1)), 2, 1e-9);
  EXPECT_NEAR(place_bits(1, place_law(1, 7)), 0, 1e-9);
}

// Of 40000 draws each number's count lies within six standard deviations.
TEST(VirtualPlace, IsDrawnByItsLaw) {
  constexpr int kDraws = 40000;
  const std::vector<double> law = place_law(3, 6);
  Csprng rng(testing::seed_key(9));
  std::vector<int> counts(law.size());
  for (int i = 0; i < kDraws; ++i) ++counts.at(draw_place(law, rng) - 1);
  for (std::size_t i = 0; i < law.size(); ++i) {
    const double mean = kDraws * law[i];
    EXPECT_NEAR(counts[i], mean, 6 * std::sqrt(mean * (1 - law[i]))) << i;
  }
}

}  // namespace
}  // namespace mixnn
