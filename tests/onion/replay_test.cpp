#include "mixnn/onion/replay.hpp"

#include <gtest/gtest.h>

#include <set>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

TEST(ReplayBitmap, IsExact) {
  for (const unsigned bits : {2u, 4u, 6u, 8u, 12u}) {
    ReplayBitmap bitmap(bits);
    Csprng rng = testing::seeded(1);
    std::set<std::uint64_t> marked;
    const std::uint32_t size = 1u << bits;
    for (std::uint32_t i = 0; i < size / 2; ++i) {
      const std::uint64_t serial = rng.below(size);
      EXPECT_EQ(bitmap.seen(serial), !marked.insert(serial).second);
      bitmap.mark(serial);
    }
    for (std::uint64_t serial = 0; serial < size; ++serial)
      ASSERT_EQ(bitmap.seen(serial), marked.contains(serial));
    bitmap.clear();
    for (std::uint64_t serial = 0; serial < size; ++serial) ASSERT_FALSE(bitmap.seen(serial));
  }
}

TEST(ReplayBitmap, KnowsItsRange) {
  const ReplayBitmap bitmap(6);
  EXPECT_TRUE(bitmap.in_range(63));
  EXPECT_FALSE(bitmap.in_range(64));
  EXPECT_FALSE(bitmap.in_range(~std::uint64_t{0}));
}

}  // namespace
}  // namespace mixnn
