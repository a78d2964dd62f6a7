#include "mixnn/rounds/circuits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "mixnn/rounds/keys.hpp"
#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

// A rank whose only circuit begins and ends with itself; the test is the way between.
class CircuitEnds : public ::testing::TestWithParam<AeadSuite> {
 protected:
  static constexpr DrawNumber kDraw = DrawNumber::kTraining;
  static constexpr std::size_t kCapacity = 300;

  DrawTable table() const {
    DrawTable table{std::vector<DrawTable::Sender>(1), {}, std::vector<DrawTable::Receiver>(1)};
    table.sends[0].p = p;
    table.receives[0].q = q;
    table.receives[0].k = k_key(secret, kDraw, 0);
    return table;
  }
  void carry(std::uint64_t exchange) {
    EXPECT_TRUE(aead->keyed(p)->open(exchange, slot.under_p(), slot.tag_p(), slot.under_p()));
    aead->keyed(q)->xor_keystream(exchange, slot.carried(), slot.carried());
  }

  std::unique_ptr<BulkAead> aead = make_bulk_aead(GetParam());
  Csprng rng{testing::seed_key(8)};
  Key secret = rng.key(), p = rng.key(), q = rng.key();
  Circuits circuits{*aead, kDraw, table(), secret, kCapacity};
  std::vector<std::byte> cell = std::vector<std::byte>(slot_bytes(kCapacity));
  SlotView slot{cell};
  std::vector<std::byte> payload = std::vector<std::byte>(kCapacity, std::byte{9});
};

TEST_P(CircuitEnds, WhatFollowsAMessageOrADummyIsZeros) {
  const testing::Text text = testing::text_of(4, 100);
  const Said said{0, text.info, text.payload};
  for (const bool real : {true, false}) {
    circuits.seal(real, 0, real ? &said : nullptr, slot);
    carry(real);
    const std::optional<TextHead> head = circuits.open(real, 0, slot, payload);
    ASSERT_TRUE(head);
    EXPECT_EQ(*head, text_head(real ? &text.info : nullptr));
    EXPECT_EQ(testing::starts_with(payload, text.payload), real);
    EXPECT_EQ(std::count(payload.begin() + (real ? 100 : 0), payload.end(), std::byte{0}),
              real ? 200 : 300);
  }
}

TEST_P(CircuitEnds, AnAlteredSlotDoesNotOpenAndALargerMessageIsNotSealed) {
  circuits.seal(1, 0, nullptr, slot);
  carry(1);
  slot.body().back() ^= std::byte{1};
  EXPECT_FALSE(circuits.open(1, 0, slot, payload));
  const testing::Text text = testing::text_of(4, kCapacity + 1);
  const Said said{0, text.info, text.payload};
  EXPECT_DEATH(circuits.seal(2, 0, &said, slot), "larger than a slot");
}

INSTANTIATE_TEST_SUITE_P(Suites, CircuitEnds, ::testing::ValuesIn(testing::round_suites()));

}  // namespace
}  // namespace mixnn
