#include "mixnn/onion/epoch.hpp"

#include <gtest/gtest.h>

#include <set>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

TEST(EpochKeys, BothSidesDeriveTheSameAndEverythingCounts) {
  Csprng rng = testing::seeded(1);
  const Key root = rng.key(), other_root = rng.key();
  const Digest hash = sha256({bytes_of("transcript")}), other_hash = sha256({bytes_of("other")});
  EpochKeys a(root, hash), b(root, hash);
  std::set<std::string> seen{to_hex(EpochKeys(other_root, hash).slot_key().bytes()),
                             to_hex(EpochKeys(root, other_hash).slot_key().bytes())};
  for (std::uint32_t epoch = 0; epoch < 50; ++epoch) {
    EXPECT_EQ(a.epoch(), epoch);
    EXPECT_EQ(to_hex(a.slot_key().bytes()), to_hex(b.slot_key().bytes()));
    EXPECT_TRUE(seen.insert(to_hex(a.slot_key().bytes())).second);
    const Key fresh = rng.key();
    EXPECT_TRUE(seen.insert(to_hex(a.next(rng.key()).slot_key().bytes())).second)
        << "what was agreed on does not count";
    a = a.next(fresh);
    b = b.next(fresh);
  }
}

// What remains of an epoch after the ratchet: nothing. (That it cannot be computed back is the
// hash's promise.)
TEST(EpochKeys, ARatchetLeavesNothingOfTheEpochBefore) {
  Csprng rng = testing::seeded(2);
  testing::Grave<EpochKeys> grave;
  EpochKeys& keys = grave.bear(rng.key(), Digest{});
  const std::vector<std::byte> before = grave.secrets();
  ASSERT_GE(before.size(), Key::size());
  keys = keys.next(rng.key());
  EXPECT_FALSE(grave.holds(before));  // no eight bytes of it
  grave.bury();
}

class Serials : public ::testing::TestWithParam<unsigned> {};

TEST_P(Serials, AreABijection) {
  Csprng rng = testing::seeded(3);
  for (int k = 0; k < 4; ++k) {
    Secret<16> key;
    rng.fill(key.bytes());
    const SerialPermutation permutation(key, GetParam());
    std::vector<bool> hit(permutation.size());
    for (std::uint64_t i = 0; i < permutation.size(); ++i) {
      const std::uint64_t image = permutation(i);
      ASSERT_LT(image, permutation.size());
      ASSERT_FALSE(hit[image]) << i;
      hit[image] = true;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Bits, Serials, ::testing::Values(2u, 4u, 6u, 8u, 10u, 12u, 14u, 16u));

TEST(SerialPermutation, OfFourNumbersIsAnyOfAllTheirOrders) {
  Csprng rng = testing::seeded(4);
  std::set<std::vector<std::uint64_t>> orders;
  for (int k = 0; k < 2000; ++k) {
    Secret<16> key;
    rng.fill(key.bytes());
    const SerialPermutation permutation(key, 2);
    orders.insert({permutation(0), permutation(1), permutation(2), permutation(3)});
  }
  // A Feistel network gives even permutations or odd ones alike for two-bit blocks: all 24 turn up.
  EXPECT_EQ(orders.size(), 24u);
}

// Neither the place in the order of issue nor the distance of two serials shows: the low and the
// high half of a serial, and the step from one to the next, are uniform.
TEST(SerialPermutation, HidesTheOrderOfIssue) {
  Csprng rng = testing::seeded(5);
  Secret<16> key;
  rng.fill(key.bytes());
  const SerialPermutation permutation(key, 24);
  std::array<std::uint64_t, 256> low{}, high{}, step{};
  for (std::uint64_t i = 0; i < 65536; ++i) {
    const std::uint64_t serial = permutation(i);
    ++low[serial & 255];
    ++high[serial >> 16];
    ++step[(permutation(i + 1) - serial) >> 16 & 255];
  }
  EXPECT_LT(testing::chi_square(low), testing::kChi255p001);
  EXPECT_LT(testing::chi_square(high), testing::kChi255p001);
  EXPECT_LT(testing::chi_square(step), testing::kChi255p001);
}

TEST(SerialPermutation, IsKeyedAndWorksAtItsLargest) {
  Csprng rng = testing::seeded(6);
  Secret<16> a, b;
  rng.fill(a.bytes());
  rng.fill(b.bytes());
  const SerialPermutation one(a, 40), other(b, 40);
  int same = 0;
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    same += one(i) == other(i);
    EXPECT_LT(one(i), one.size());
    seen.insert(one(i));
  }
  EXPECT_EQ(same, 0);
  EXPECT_EQ(seen.size(), 10000u);
}

TEST(SerialPermutationDeathTest, OddOrTooManyBitsStopTheProgram) {
  const Secret<16> key;
  for (const unsigned bits : {0u, 1u, 3u, 41u, 42u})
    EXPECT_DEATH(SerialPermutation(key, bits), "bits of a serial");
}

}  // namespace
}  // namespace mixnn
