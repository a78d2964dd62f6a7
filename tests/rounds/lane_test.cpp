#include "mixnn/rounds/lane.hpp"

#include <gtest/gtest.h>

#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using testing::Text;
using testing::text_of;

// Both ends of one lane, and the exchanges on it.
class Lanes : public ::testing::Test {
 protected:
  static constexpr std::size_t kRounds = 4;
  // One exchange from left to right; rounds whose bit is in `lost` do not come. What it
  // brought.
  std::vector<Message> exchange(std::uint64_t logical, unsigned lost = 0, LaneHead head = {}) {
    left.begin(logical, head);
    right.begin(logical, {});
    for (std::uint8_t round = 0; round < kRounds; ++round) {
      const SlotName name{number, round, DrawNumber::kLanes};
      std::array<std::byte, kSlotLane> bytes;
      left.seal(name, bytes);
      if ((lost >> round & 1) != 0) continue;
      EXPECT_TRUE(right.open(name, bytes));
    }
    ++number;
    std::vector<Message> came;
    right.end(came);
    return came;
  }
  void say(const Text& text) { left.say(text.info, text.payload); }

  Csprng rng{testing::seed_key(3)};
  std::unique_ptr<BulkAead> aead = make_bulk_aead(AeadSuite::kChaCha20Poly1305);
  Key to_right = rng.key(), to_left = rng.key();
  Lane left{*aead, to_right, to_left, kRounds}, right{*aead, to_left, to_right, kRounds};
  std::uint64_t number = 0;
};

void expect_same(const std::vector<Message>& came, const std::vector<Text>& said) {
  ASSERT_EQ(came.size(), said.size());
  for (std::size_t i = 0; i < came.size(); ++i) {
    EXPECT_EQ(came[i].info.label, said[i].info.label);
    ASSERT_EQ(came[i].payload.size(), said[i].payload.size()) << "a lane pads no payload";
    EXPECT_TRUE(testing::starts_with(came[i].payload.bytes(), said[i].payload));
  }
}

TEST_F(Lanes, MessagesOfAllSizesComeWholeAndInOrder) {
  std::vector<Text> texts;
  for (const std::size_t bytes : {0, 1, 199, 200, 201, 5, 0, 0, 236, 908, 909, 5000, 3})
    texts.push_back(text_of(static_cast<std::uint32_t>(texts.size()), bytes));
  for (const Text& text : texts) say(text);
  std::vector<Message> came;
  for (std::uint64_t logical = 0; logical < 12; ++logical)
    for (Message& message : exchange(logical)) came.push_back(std::move(message));
  expect_same(came, texts);
  EXPECT_TRUE(left.all_said());
}

TEST_F(Lanes, WhatIsSaidInAnExchangeWaitsForTheNext) {
  left.begin(0, {});
  say(text_of(1, 10));
  std::array<std::byte, kSlotLane> bytes;
  left.seal({0, 0, DrawNumber::kLanes}, bytes);
  right.begin(0, {});
  ASSERT_TRUE(right.open({0, 0, DrawNumber::kLanes}, bytes));
  for (std::uint8_t round = 1; round < kRounds; ++round) {
    left.seal({0, round, DrawNumber::kLanes}, bytes);
    ASSERT_TRUE(right.open({0, round, DrawNumber::kLanes}, bytes));
  }
  std::vector<Message> came;
  right.end(came);
  EXPECT_TRUE(came.empty());
  number = 1;
  EXPECT_EQ(exchange(1).size(), 1u);
}

TEST_F(Lanes, WhatWasLostComesAgainAndNothingTwice) {
  std::vector<Text> texts;
  for (std::uint32_t i = 0; i < 9; ++i) texts.push_back(text_of(i, 800));
  for (const Text& text : texts) say(text);
  std::vector<Message> came;
  struct Exchange {
    std::uint64_t logical;
    unsigned lost = 0;
  };
  const Exchange exchanges[] = {{0}, {1, 4}, {2},    {3}, {1}, {2}, {3}, {4}, {5}, {6},
                                {4}, {5},    {6, 8}, {7}, {8}, {6}, {7}, {8}, {9}};
  for (const auto& [logical, lost] : exchanges)
    for (Message& message : exchange(logical, lost)) came.push_back(std::move(message));
  expect_same(came, texts);
}

TEST_F(Lanes, OneRoundIsEnoughToHearTheHead) {
  exchange(0, 0b1011, {7, 2});
  EXPECT_EQ(right.heard(), (LaneHead{7, 2}));
  exchange(1, 0b1111, {7, 2});
  EXPECT_FALSE(right.heard());
}

TEST_F(Lanes, NoOtherRoundExchangeOrDirectionOpensIt) {
  left.begin(0, {});
  right.begin(0, {});
  std::array<std::byte, kSlotLane> bytes, altered;
  left.seal({5, 2, DrawNumber::kLanes}, bytes);
  EXPECT_FALSE(right.open({5, 1, DrawNumber::kLanes}, bytes));
  EXPECT_FALSE(right.open({6, 2, DrawNumber::kLanes}, bytes));
  EXPECT_FALSE(left.open({5, 2, DrawNumber::kLanes}, bytes));
  for (const std::size_t at : {std::size_t{0}, std::size_t{100}, bytes.size() - 1}) {
    altered = bytes;
    altered[at] ^= std::byte{1};
    EXPECT_FALSE(right.open({5, 2, DrawNumber::kLanes}, altered));
  }
  EXPECT_TRUE(right.open({5, 2, DrawNumber::kLanes}, bytes));
}

TEST_F(Lanes, NewKeysDoNotBreakAMessage) {
  const Text text = text_of(1, 2000);
  say(text);
  EXPECT_TRUE(exchange(0).empty());
  to_right = rng.key();
  left.rekey(*aead, to_right, to_left);
  right.rekey(*aead, to_left, to_right);
  EXPECT_TRUE(exchange(1).empty());
  std::vector<Text> said{text};
  expect_same(exchange(2), said);
}

TEST(LaneAssembly, FromWhoeverClaimsTooMuchNothingIsTaken) {
  LaneAssembly assembly;
  std::vector<Message> came;
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  out.put(static_cast<std::uint32_t>(LaneAssembly::kMostBytes + 1));
  out.put_bytes(encode_info(text_of(1, 0).info));
  assembly.take(bytes, came);
  EXPECT_TRUE(assembly.broken());
  bytes[0] = bytes[1] = bytes[2] = bytes[3] = std::byte{0};
  assembly.take(bytes, came);
  EXPECT_TRUE(came.empty());
}

TEST(LaneAssembly, ARankMaySayLessThanTheOwner) {
  for (const std::size_t bytes : {1000, 1001}) {
    LaneAssembly assembly(1000);
    std::vector<Message> came;
    std::vector<std::byte> head;
    ByteWriter out(head);
    out.put(static_cast<std::uint32_t>(bytes));
    out.put_bytes(encode_info(text_of(1, 0).info));
    assembly.take(head, came);
    EXPECT_EQ(assembly.broken(), bytes > 1000);
  }
}

TEST(LaneAssembly, AKindThatNobodyKnowsBreaksTheStream) {
  LaneAssembly assembly;
  std::vector<Message> came;
  assembly.take(std::vector<std::byte>(36), came);
  EXPECT_TRUE(assembly.broken());
  EXPECT_TRUE(came.empty());
}

}  // namespace
}  // namespace mixnn
