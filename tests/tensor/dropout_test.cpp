#include "mixnn/tensor/dropout.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

// Word w of counter c of a block of 16 counters decides on its value 16 w + c.
TEST(DropOut, DrawsTheNumbersOfTheStream) {
  constexpr std::size_t kCount = 150;
  const std::uint64_t key = 0x0123456789abcdefu;
  const DropoutRate rate(0.375f);
  const std::vector<float> x(kCount, 1);
  std::vector<float> y(kCount);
  drop_out({key, 7, 9}, rate, 0, x.data(), y.data(), kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    CounterRng stream(key, RandomPurpose::kLayer, 7, 9);
    const std::size_t number = 4 * (16 * (i / 64) + i % 16) + i % 64 / 16;
    for (std::size_t skipped = 0; skipped < number; ++skipped) stream.next();
    EXPECT_EQ(y[i], stream.next() < 0x60000000u ? 0.0f : 1.6f) << i;
  }
}

TEST(DropOut, APartOfARowIsThatOfTheWhole) {
  const DropoutRate rate(0.5f);
  std::vector<float> whole(300, 1), part(100, 1);
  drop_out({1, 2, 3}, rate, 0, whole.data(), whole.data(), whole.size());
  drop_out({1, 2, 3}, rate, 192, part.data(), part.data(), part.size());
  for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], whole[192 + i]) << i;
}

}  // namespace
}  // namespace mixnn
