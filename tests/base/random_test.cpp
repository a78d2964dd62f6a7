#include "mixnn/base/random.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace mixnn {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers of the Random123 distribution (Salmon et al. 2011), philox4x32 with 10 rounds.
TEST(Philox, MatchesThePublishedKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRng, SameStreamSameNumbersOtherStreamOtherNumbers) {
  CounterRng a(7, RandomPurpose::kTest, 1), b(7, RandomPurpose::kTest, 1),
      c(7, RandomPurpose::kTest, 2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t x = a.next();
    EXPECT_EQ(x, b.next());
    differs |= x != c.next();
  }
  EXPECT_TRUE(differs);
}

// Blocks of four numbers are counted in 64 bits, of which the part is the upper half.
TEST(CounterRng, PartsAreLaterPiecesOfTheStream) {
  const auto block =
      philox4x32({0, 5, 1, static_cast<std::uint32_t>(RandomPurpose::kTest)}, {7, 0});
  CounterRng part(7, RandomPurpose::kTest, 1, 5);
  for (const std::uint32_t x : block) EXPECT_EQ(part.next(), x);
}

TEST(CounterRng, BelowIsInRangeAndUniform) {
  CounterRng rng(1, RandomPurpose::kTest, 0);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts.at(rng.below(6));
  double chi2 = 0;
  for (const int n : counts) chi2 += (n - 10000.0) * (n - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 20.5);  // 5 degrees of freedom, p = 0.001
}

TEST(CounterRng, UniformStaysBelowOne) {
  CounterRng rng(3, RandomPurpose::kTest, 0);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const float x = rng.uniform();
    ASSERT_GE(x, 0.0f);
    ASSERT_LT(x, 1.0f);
    sum += x;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

// All 24 orders of four items appear equally often.
TEST(Shuffle, IsAUniformPermutation) {
  CounterRng rng(11, RandomPurpose::kTest, 0);
  std::vector<int> counts(256);
  for (int i = 0; i < 24000; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    shuffle(std::span(items), rng);
    ++counts[static_cast<std::size_t>(items[0] * 64 + items[1] * 16 + items[2] * 4 + items[3])];
  }
  int seen = 0;
  double chi2 = 0;
  for (const int n : counts)
    if (n > 0) {
      ++seen;
      chi2 += (n - 1000.0) * (n - 1000.0) / 1000.0;
    }
  EXPECT_EQ(seen, 24);
  EXPECT_LT(chi2, 49.7);  // 23 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace mixnn
