#include "mixnn/rounds/crossover.hpp"

#include <gtest/gtest.h>

#include "mixnn/rounds/keys.hpp"
#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

// Rank 1 of 4 as a crossover. What comes in is sealed as a sender does, what goes out is opened as
// the owner does, who knows all keys.
class Crossing : public ::testing::TestWithParam<AeadSuite> {
 protected:
  static constexpr std::uint32_t kOwn = 1, kRanks = 4;
  static constexpr std::uint64_t kExchange = 77;
  static constexpr DrawNumber kDraw = DrawNumber::kTraining;

  void SetUp() override {
    aead = make_bulk_aead(GetParam());
    if (!aead) GTEST_SKIP() << "no AES instructions here";
    for (std::uint32_t in = 0; in < kRanks; ++in) {
      if (in == kOwn) continue;
      slots[in].cell = pool.take();
      const SlotView slot(slots[in].cell.bytes());
      rng.fill(slot.under_p());
      sent[in].assign(slot.under_p().begin(), slot.under_p().end());
      aead->keyed(p_key(secret, kDraw, in))
          ->seal(kExchange, slot.under_p(), slot.under_p(), slot.tag_p());
    }
  }
  void pass() {
    Crossover(*aead, kDraw, secret, kOwn, kRanks, slot_body_bytes(100))
        .pass(kExchange, next, slots);
  }
  std::vector<std::byte> stream(const Key& key, std::size_t bytes) const {
    std::vector<std::byte> out(bytes);
    aead->keyed(key)->xor_keystream(kExchange, out, out);
    return out;
  }
  std::vector<std::byte> carried(std::uint32_t in) const {
    const Bytes bytes = SlotView(slots[in].cell.bytes()).carried();
    return {bytes.begin(), bytes.end()};
  }
  // All out as random bytes that the owner can make again.
  void expect_void() const {
    for (std::uint32_t in = 0; in < kRanks; ++in) {
      if (in == kOwn) continue;
      EXPECT_EQ(carried(in), stream(void_key(secret, kDraw, next[in]), carried(in).size()));
    }
  }

  std::unique_ptr<BulkAead> aead;
  Csprng rng{testing::seed_key(5)};
  Key secret = rng.key();
  const std::vector<std::uint8_t> next{2, kNoRank, 3, 0};
  CellPool pool{slot_bytes(100), kRanks};
  std::vector<LinkSlot> slots{kRanks};
  std::array<std::vector<std::byte>, kRanks> sent;
};

TEST_P(Crossing, PassesAllWithFillerInThePlaceOfTheTag) {
  pass();
  for (std::uint32_t in = 0; in < kRanks; ++in) {
    if (in == kOwn) continue;
    EXPECT_FALSE(slots[in].bad());
    std::vector<std::byte> out = carried(in);
    aead->keyed(q_key(secret, kDraw, next[in]))->xor_keystream(kExchange, out, out);
    std::vector<std::byte> expected = stream(filler_key(secret, kDraw, in), kAeadTagBytes);
    expected.insert(expected.end(), sent[in].begin(), sent[in].end());
    EXPECT_EQ(out, expected);
  }
}

TEST_P(Crossing, OneAlteredSlotMakesAllVoid) {
  SlotView(slots[2].cell.bytes()).body().back() ^= std::byte{1};
  pass();
  expect_void();
  EXPECT_TRUE(slots[2].bad());
  EXPECT_FALSE(slots[0].bad() || slots[3].bad());
}

// Even if what is in its place would open.
TEST_P(Crossing, OneMissingSlotMakesAllVoid) {
  slots[3].missing = true;
  pass();
  expect_void();
}

INSTANTIATE_TEST_SUITE_P(Suites, Crossing,
                         ::testing::Values(AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305));

}  // namespace
}  // namespace mixnn
