#include "mixnn/crypto/random.hpp"

#include <gtest/gtest.h>

#include <set>

#include "crypto/crypto_testing.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

TEST(Csprng, TheSameSeedGivesTheSameBytesHoweverTheyAreAskedFor) {
  Csprng whole = testing::seeded(1), pieces = testing::seeded(1), other = testing::seeded(2);
  const auto expected = testing::random_bytes(whole, 10000);
  std::vector<std::byte> got;
  for (std::size_t n = 0; got.size() < expected.size(); n = (n * 7 + 3) % 1500) {
    const auto more = testing::random_bytes(pieces, std::min(n, expected.size() - got.size()));
    got.insert(got.end(), more.begin(), more.end());
  }
  EXPECT_EQ(got, expected);
  EXPECT_NE(testing::random_bytes(other, 10000), expected);
}

TEST(Csprng, NothingRepeats) {
  Csprng rng = testing::seeded(3);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200000; ++i) seen.insert(rng.next64());
  EXPECT_EQ(seen.size(), 200000u);
}

TEST(Csprng, TwoFromTheOperatingSystemDiffer) {
  Csprng a, b;
  const auto x = testing::random_bytes(a, 32), y = testing::random_bytes(b, 32);
  EXPECT_NE(x, y);
  EXPECT_NE(testing::random_bytes(a, 32), x);
}

TEST(Csprng, BytesAreUniform) {
  Csprng rng = testing::seeded(4);
  const auto bytes = testing::random_bytes(rng, 1 << 20);
  EXPECT_LT(testing::chi_square(testing::byte_counts(bytes)), testing::kChi255p001);
  // And so are the differences of neighbours.
  std::vector<std::byte> steps;
  for (std::size_t i = 1; i < bytes.size(); ++i) steps.push_back(bytes[i] ^ bytes[i - 1]);
  EXPECT_LT(testing::chi_square(testing::byte_counts(steps)), testing::kChi255p001);
}

TEST(Csprng, BelowIsInRangeAndUniform) {
  Csprng rng = testing::seeded(5);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts.at(rng.below(6));
  EXPECT_LT(testing::chi_square(counts), testing::kChi5p001);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0u);

  // A bound at which the plain remainder would give the lower third twice as often as the rest.
  const std::uint32_t bound = 3u << 30;
  std::array<int, 6> sixths{};
  for (int i = 0; i < 60000; ++i) ++sixths.at(rng.below(bound) / (bound / 6));
  EXPECT_LT(testing::chi_square(sixths), testing::kChi5p001);
}

TEST(Csprng, ShufflesUniformly) {
  Csprng rng = testing::seeded(6);
  std::vector<int> counts(256);
  for (int i = 0; i < 24000; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    shuffle(std::span(items), rng);
    ++counts[static_cast<std::size_t>(items[0] * 64 + items[1] * 16 + items[2] * 4 + items[3])];
  }
  std::erase(counts, 0);
  ASSERT_EQ(counts.size(), 24u);
  EXPECT_LT(testing::chi_square(counts), testing::kChi23p001);
}

// What was drawn cannot be found in the generator afterwards.
TEST(Csprng, ForgetsWhatItGave) {
  Csprng rng = testing::seeded(7);
  for (int i = 0; i < 100; ++i) {
    const auto drawn = testing::random_bytes(rng, 40);
    const ConstBytes state = std::as_bytes(std::span(&rng, 1));
    for (std::size_t at = 0; at + 8 <= drawn.size(); at += 8)
      EXPECT_FALSE(testing::contains(state, ConstBytes(drawn).subspan(at, 8)));
  }
}

TEST(CsprngDeathTest, NothingIsBelowZero) {
  Csprng rng = testing::seeded(8);
  EXPECT_DEATH(rng.below(0), "below zero");
}

// A copy would draw the same keys twice.
static_assert(!std::is_copy_constructible_v<Csprng> && !std::is_copy_assignable_v<Csprng>);

}  // namespace
}  // namespace mixnn
