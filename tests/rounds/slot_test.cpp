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

TEST(Slot, ATextIsReadAsItWasWrittenAndADummyIsZeros) {
  const testing::Text said = testing::text_of(7, 20);
  std::vector<std::byte> text(slot_body_bytes(40), std::byte{9});
  write_text(&said.info, said.payload, text);
  ASSERT_TRUE(read_text(text));
  EXPECT_EQ(read_text(text)->label, said.info.label);
  EXPECT_EQ(text_payload(text, 40).size(), 40u);
  EXPECT_TRUE(testing::starts_with(text_payload(text, 40), said.payload));
  EXPECT_EQ(std::count(text.begin() + 53, text.end(), std::byte{0}), 128 - 53);

  text[0] = std::byte{2};
  EXPECT_FALSE(read_text(text));
  text[0] = std::byte{1}, text[1] = std::byte{200};
  EXPECT_FALSE(read_text(text)) << "no such kind";

  write_text(nullptr, std::vector<std::byte>(40), text);
  EXPECT_FALSE(read_text(text));
  EXPECT_EQ(std::count(text.begin(), text.end(), std::byte{0}), 128);
  EXPECT_DEATH(write_text(nullptr, std::vector<std::byte>(96), text), "larger than a slot");
}

}  // namespace
}  // namespace mixnn
