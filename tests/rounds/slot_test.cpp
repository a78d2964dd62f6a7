#include "mixnn/rounds/slot.hpp"

#include <gtest/gtest.h>

#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

TEST(Slot, ItsPartsCoverItOnce) {
  EXPECT_EQ(slot_body_bytes(31), 64u);
  EXPECT_EQ(slot_body_bytes(32), 128u);
  EXPECT_EQ(slot_bytes(32), 16u + 256u + 16u + 16u + 128u);
  std::vector<std::byte> bytes(slot_bytes(32));
  const SlotView slot(bytes);
  const std::byte* at = bytes.data();
  for (const Bytes part : {slot.clear(), slot.lane(), slot.tag_p(), slot.tag_k(), slot.body()}) {
    EXPECT_EQ(part.data(), at);
    at += part.size();
  }
  EXPECT_EQ(at, bytes.data() + bytes.size());
  EXPECT_EQ(slot.behind_name().size(), bytes.size() - slot.clear().size());
  EXPECT_EQ(slot.carried().data(), slot.tag_p().data());
  EXPECT_EQ(slot.under_p().data(), slot.tag_k().data());
}

TEST(Slot, ANameIsReadAsItWasWritten) {
  std::array<std::byte, kClearBytes> clear;
  const SlotName name{0x0102030405060708, 3, DrawNumber::kTraining};
  write_name(name, clear);
  EXPECT_EQ(to_hex(clear), "08070605040302010302000000000000");
  EXPECT_EQ(read_name(clear), name);
  for (std::size_t at = 10; at < clear.size(); ++at) {
    clear[at] = std::byte{1};
    EXPECT_FALSE(read_name(clear));
    clear[at] = std::byte{0};
  }
  clear[9] = std::byte{3};
  EXPECT_FALSE(read_name(clear)) << "no such draw";
  EXPECT_FALSE(read_name(ConstBytes(clear).first(15)));
}

TEST(Slot, NoTwoRoundsHaveOneNonce) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t exchange = 0; exchange < 50; ++exchange)
    for (std::uint8_t round = 0; round <= kMaxRoundHops; ++round)
      EXPECT_TRUE(seen.insert(SlotName{exchange, round, {}}.nonce()).second);
}

TEST(Slot, AHeadIsReadAsItWasWrittenAndADummysIsZeros) {
  const testing::Text said = testing::text_of(7, 20);
  TextHead head = text_head(&said.info);
  ASSERT_TRUE(read_head(head));
  EXPECT_EQ(read_head(head)->label, said.info.label);

  head[0] = std::byte{2};
  EXPECT_FALSE(read_head(head));
  head[0] = std::byte{1}, head[1] = std::byte{200};
  EXPECT_FALSE(read_head(head)) << "no such kind";

  head = text_head(nullptr);
  EXPECT_FALSE(read_head(head));
  EXPECT_EQ(head, TextHead{});
}

}  // namespace
}  // namespace mixnn
