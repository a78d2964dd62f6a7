#include "mixnn/onion/slot.hpp"

#include <gtest/gtest.h>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using Text = std::array<std::byte, kSlotTextBytes>;

SlotText random_slot(Csprng& rng, SlotRole role) {
  SlotText slot;
  slot.role = role;
  slot.epoch = rng.next();
  slot.serial = rng.next64();
  if (role == SlotRole::kReceive) {
    slot.cell_index = rng.below(7);
    slot.message = rng.next64();
    slot.cells = 7;
    slot.outer_layers = static_cast<std::uint8_t>(rng.below(4));
    rng.fill(slot.description);
  } else {
    slot.live = live_header_bytes(rng.below(5));
    slot.next = rng.next();
    slot.rest_key = rng.key();
  }
  for (Key& key : slot.keys) key = rng.key();
  return slot;
}

TEST(Slot, WhatIsWrittenIsRead) {
  Csprng rng = testing::seeded(1);
  for (int i = 0; i < 400; ++i) {
    const SlotText slot = random_slot(rng, static_cast<SlotRole>(1 + i % 4));
    Text text;
    write_slot(slot, text);
    const std::optional<SlotText> read = read_slot(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->role, slot.role);
    EXPECT_EQ(read->outer_layers, slot.outer_layers);
    EXPECT_EQ(read->live, slot.live);
    EXPECT_EQ(read->next, slot.next);
    EXPECT_EQ(read->cells, slot.cells);
    EXPECT_EQ(read->cell_index, slot.cell_index);
    EXPECT_EQ(read->epoch, slot.epoch);
    EXPECT_EQ(read->serial, slot.serial);
    EXPECT_EQ(read->message, slot.message);
    EXPECT_EQ(read->description, slot.description);
    EXPECT_EQ(to_hex(read->rest_key.bytes()), to_hex(slot.rest_key.bytes()));
    for (std::size_t k = 0; k < kSlotKeys; ++k)
      EXPECT_EQ(to_hex(read->keys[k].bytes()), to_hex(slot.keys[k].bytes()));
    Text again;
    write_slot(*read, again);
    EXPECT_EQ(to_hex(again), to_hex(text));
  }
}

// The places that docs/protocol.md states; a change of format must be meant.
TEST(Slot, FieldsStandWhereTheFormatSays) {
  Csprng rng = testing::seeded(2);
  for (const SlotRole role : {SlotRole::kCrossover, SlotRole::kReceive}) {
    const SlotText slot = random_slot(rng, role);
    const bool relay = role != SlotRole::kReceive;
    Text text;
    write_slot(slot, text);
    ByteReader reader(text);
    EXPECT_EQ(reader.get<std::uint8_t>(), relay ? 3u : 4u);
    EXPECT_EQ(reader.get<std::uint8_t>(), slot.outer_layers);
    EXPECT_EQ(reader.get<std::uint16_t>(), slot.live);
    EXPECT_EQ(reader.get<std::uint32_t>(), relay ? slot.next : slot.cells);
    EXPECT_EQ(reader.get<std::uint32_t>(), relay ? 0 : slot.cell_index);
    EXPECT_EQ(reader.get<std::uint32_t>(), slot.epoch);
    EXPECT_EQ(reader.get<std::uint64_t>(), slot.serial);
    EXPECT_EQ(reader.get<std::uint64_t>(), relay ? 0 : slot.message);
    EXPECT_EQ(to_hex(reader.get_bytes(32)),
              to_hex(relay ? slot.rest_key.bytes() : ConstBytes(slot.description)));
    for (const Key& key : slot.keys) EXPECT_EQ(to_hex(reader.get_bytes(32)), to_hex(key.bytes()));
    EXPECT_TRUE(reader.at_end());
  }
}

// Either would mark a cell for the relay.
TEST(Slot, ARelaysWithAnIndexOrAMessageIsRefused) {
  Csprng rng = testing::seeded(5);
  for (int i = 0; i < 3; ++i) {
    SlotText slot = random_slot(rng, static_cast<SlotRole>(1 + i));
    Text text;
    write_slot(slot, text);
    EXPECT_TRUE(read_slot(text));
    slot.cell_index = 1;
    write_slot(slot, text);
    EXPECT_FALSE(read_slot(text));
    slot.cell_index = 0, slot.message = 1;
    write_slot(slot, text);
    EXPECT_FALSE(read_slot(text));
  }
}

bool role_has_layers(int role, int layers) {
  switch (role) {
    case 1:
    case 2:
    case 3:
      return layers == 0;
    case 4:
      return layers >= 0 && layers <= 3;
    default:
      return false;
  }
}

Text slot_bytes(int role, int layers, int live, std::uint32_t cells, std::uint32_t index) {
  Text text{};
  text[0] = static_cast<std::byte>(role);
  text[1] = static_cast<std::byte>(layers);
  std::memcpy(&text[2], &live, 2);
  std::memcpy(&text[4], &cells, 4);
  std::memcpy(&text[8], &index, 4);
  return text;
}

TEST(Slot, EveryRoleAndCountOfLayersThatNoOwnerWritesIsRefused) {
  for (int role = 0; role < 256; ++role)
    for (int layers = 0; layers < 256; ++layers)
      ASSERT_EQ(read_slot(slot_bytes(role, layers, 232, 1, 0)).has_value(),
                role_has_layers(role, layers))
          << role << ' ' << layers;
}

TEST(Slot, EveryLengthThatNoOwnerWritesIsRefused) {
  for (int role = 1; role <= 3; ++role) {
    for (int live = 0; live < 65536; ++live) {
      const bool good = live == 232 || live == 480 || live == 728 || live == 976 || live == 1224;
      ASSERT_EQ(read_slot(slot_bytes(role, 0, live, 1, 0)).has_value(), good)
          << role << ' ' << live;
    }
  }
}

TEST(Slot, AReceiversIndexIsWithinItsMessage) {
  for (const std::uint32_t cells : {0u, 1u, 2u, 1000u, 0xffffffffu})
    for (const std::uint32_t index : {0u, 1u, 2u, 999u, 1000u, 0xfffffffeu, 0xffffffffu})
      EXPECT_EQ(read_slot(slot_bytes(4, 1, 0, cells, index)).has_value(), index < cells)
          << index << ' ' << cells;
}

TEST(Slot, RandomTextsAreReadOrRefused) {
  Csprng rng = testing::seeded(3);
  int read = 0;
  for (int i = 0; i < 200000; ++i) {
    Text text;
    rng.fill(text);
    text[0] &= std::byte{7}, text[1] &= std::byte{7};
    if (const auto slot = read_slot(text)) {
      ++read;
      Text again;
      write_slot(*slot, again);
      EXPECT_EQ(to_hex(ConstBytes(again).subspan(4)), to_hex(ConstBytes(text).subspan(4)));
    }
  }
  EXPECT_GT(read, 0);
}

TEST(Slot, ItsKeysAreWipedWithItAndWithAnOptionalThatHeldIt) {
  Csprng rng = testing::seeded(4);
  const SlotText plain = random_slot(rng, SlotRole::kCrossover);
  testing::Grave<std::optional<SlotText>> grave;
  std::optional<SlotText>& slot = grave.bear(plain);
  const std::optional<SlotText> moved = std::move(slot);
  slot.reset();
  for (const Key& key : plain.keys) EXPECT_FALSE(grave.holds(key.bytes()));
  EXPECT_FALSE(grave.holds(plain.rest_key.bytes()));
  EXPECT_EQ(to_hex(moved->rest_key.bytes()), to_hex(plain.rest_key.bytes()));
  grave.bury();
}

}  // namespace
}  // namespace mixnn
