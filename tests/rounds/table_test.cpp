#include "mixnn/rounds/table.hpp"

#include <gtest/gtest.h>

#include "rounds/draw_testing.hpp"

namespace mixnn {
namespace {

using testing::DrawnEpoch;

TEST(RankTable, IsOfOneSizeForAllRanksAndComesBackAsItWas) {
  for (std::size_t hops = 1; hops <= 3; ++hops)
    for (const std::uint32_t ranks : {5u, 8u, 13u}) {
      const DrawnEpoch epoch(ranks, hops, {2, 4}, 12);
      for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        const std::vector<std::byte> bytes = encode(epoch.tables[rank]);
        EXPECT_EQ(bytes.size(), 3 + 2 * (98 * (ranks - 1) + hops * ranks) + 64 * (ranks - 1));
        const auto back = decode_table(bytes, shape_of(epoch.tables[rank]));
        ASSERT_TRUE(back);
        EXPECT_EQ(encode(*back), bytes);
        EXPECT_EQ(back->training.relays, epoch.tables[rank].training.relays);
      }
    }
}

// A table of rank 2 of 5, and where its parts lie.
class RefusedTable : public ::testing::Test {
 protected:
  static constexpr std::size_t kShape = 3, kSender = 33, kOthers = 4, kRanks = 5;
  static constexpr std::size_t kFirstList = kShape + kOthers * kSender;
  static constexpr std::size_t kReceivers = kFirstList + 3 * kRanks;

  bool accepted() const { return decode_table(bytes, {5, 3, 2}).has_value(); }
  bool accepted_with(std::size_t at, std::uint8_t value) const {
    std::vector<std::byte> changed = bytes;
    changed[at] = std::byte{value};
    return decode_table(changed, {5, 3, 2}).has_value();
  }

  const DrawnEpoch epoch{5, 3, {2, 4}, 13};
  std::vector<std::byte> bytes = encode(epoch.tables[2]);
};

TEST_F(RefusedTable, IsOneOfAnotherShape) {
  ASSERT_TRUE(accepted());
  EXPECT_FALSE(decode_table(bytes, {5, 3, 1}));
  EXPECT_FALSE(decode_table(bytes, {6, 3, 2}));
  EXPECT_FALSE(decode_table(bytes, {5, 2, 2}));
  EXPECT_FALSE(decode_table(encode(epoch.tables[1]), {5, 3, 2})) << "another rank's";
  for (const std::uint8_t hops : {0, 1, 2, 4, 255}) EXPECT_FALSE(accepted_with(1, hops));
}

TEST_F(RefusedTable, IsOneOfAnotherSize) {
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(accepted());
  bytes.pop_back();
  bytes.pop_back();
  EXPECT_FALSE(accepted());
  bytes.clear();
  EXPECT_FALSE(accepted());
}

TEST_F(RefusedTable, IsOneWithARoleThatDoesNotExist) {
  for (const std::size_t at : {kShape, kShape + 3 * kSender, kReceivers, kReceivers + 3 * 65}) {
    EXPECT_TRUE(accepted_with(at, circuit_role::kAll));
    EXPECT_FALSE(accepted_with(at, 8));
    EXPECT_FALSE(accepted_with(at, 0x81));
  }
}

TEST_F(RefusedTable, IsOneWhoseRelaysAreNoPermutation) {
  for (std::size_t list = 0; list < 3; ++list) {
    const std::size_t at = kFirstList + list * kRanks;
    EXPECT_FALSE(accepted_with(at, std::to_integer<std::uint8_t>(bytes[at + 1]))) << "one twice";
    EXPECT_FALSE(accepted_with(at, 5)) << "no rank";
    EXPECT_FALSE(accepted_with(at, kNoRank));
    EXPECT_FALSE(accepted_with(at, 2)) << "to itself";
    EXPECT_FALSE(accepted_with(at + 2, 2)) << "its own place";
    EXPECT_FALSE(accepted_with(at + 2, 1));
  }
}

}  // namespace
}  // namespace mixnn
