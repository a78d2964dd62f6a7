#include "mixnn/rounds/latin_square.hpp"

#include <gtest/gtest.h>

#include "crypto/crypto_testing.hpp"
#include "rounds/statistics.hpp"

namespace mixnn {
namespace {

bool each_once(std::uint32_t size, const auto& symbol) {
  std::vector<bool> seen(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    if (symbol(i) >= size || seen[symbol(i)]) return false;
    seen[symbol(i)] = true;
  }
  return true;
}

bool is_idempotent_latin(const LatinSquare& square) {
  for (std::uint32_t i = 0; i < square.size(); ++i)
    if (square(i, i) != i ||
        !each_once(square.size(), [&](std::uint32_t column) { return square(i, column); }) ||
        !each_once(square.size(), [&](std::uint32_t row) { return square(row, i); }))
      return false;
  return true;
}

TEST(LatinSquare, HasEachSymbolOnceInEveryRowAndColumnAndIsIdempotent) {
  Csprng rng = testing::seeded(1);
  for (std::uint32_t size = 3; size <= 32; ++size)
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(is_idempotent_latin(draw_idempotent_square(size, rng))) << size;
  for (const std::uint32_t size : {63u, 64u, 65u, 128u})
    EXPECT_TRUE(is_idempotent_latin(draw_idempotent_square(size, rng))) << size;
}

// At each place off the diagonal every symbol but two, over many draws. A right drawer fails with a
// probability of less than 0.001: that of one place by as many places.
TEST(LatinSquare, HasEachSymbolEquallyOftenAtEachPlace) {
  constexpr std::uint32_t kDraws = 6000;
  Csprng rng = testing::seeded(2);
  for (const std::uint32_t size : {5u, 8u, 13u}) {
    std::vector<std::vector<std::uint32_t>> counts(size * size, std::vector<std::uint32_t>(size));
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const LatinSquare square = draw_idempotent_square(size, rng);
      for (std::uint32_t row = 0; row < size; ++row)
        for (std::uint32_t column = 0; column < size; ++column)
          ++counts[row * size + column][square(row, column)];
    }
    const double most = testing::chi_quantile(size - 3, testing::kSigmas1e6);
    for (std::uint32_t row = 0; row < size; ++row)
      for (std::uint32_t column = 0; column < size; ++column) {
        if (row == column) continue;
        std::vector<std::uint32_t> open = counts[row * size + column];
        ASSERT_EQ(open[row] + open[column], 0u);
        open.erase(open.begin() + std::max(row, column));
        open.erase(open.begin() + std::min(row, column));
        EXPECT_LT(testing::chi_square(open), most) << size << ": " << row << ", " << column;
      }
  }
}

// Few are possible of four symbols, and all of them come.
TEST(LatinSquare, OfFourSymbolsBothAreDrawn) {
  Csprng rng = testing::seeded(3);
  int twos = 0;
  for (int i = 0; i < 400; ++i) twos += draw_idempotent_square(4, rng)(0, 1) == 2;
  EXPECT_GT(twos, 140);
  EXPECT_LT(twos, 260) << "six standard deviations";
}

}  // namespace
}  // namespace mixnn
