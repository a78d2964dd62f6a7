#include "mixnn/base/codec.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace mixnn {
namespace {

enum class Fruit : std::uint8_t { kApple = 3, kPear = 4, kQuince = 9 };
bool is_hard(Fruit fruit) { return fruit == Fruit::kQuince; }

struct Stone {
  static inline int made = 0;
  std::uint16_t weight = 0;
  Stone() { ++made; }
  explicit Stone(std::uint16_t w) : weight(w) {}
};
void describe(auto& codec, Of<Stone> auto& stone) { codec.number(stone.weight); }

// One field of every sort.
struct Basket {
  std::uint32_t number = 0;
  std::array<std::uint16_t, 2> pair{};
  std::size_t wide = 0;
  bool flag = false;
  Fruit soft = Fruit::kApple, hard = Fruit::kQuince;
  std::array<std::byte, 3> place{};
  std::vector<std::byte> content;
  ConstBytes view;
  std::string any, plain, made_plain;
  std::vector<Stone> stones;
  int even = 0;
  std::string by_hand;
};
std::uint8_t half_of(int even) { return static_cast<std::uint8_t>(even / 2); }
struct Half {
  std::uint8_t value = 0;
};
void describe(auto& codec, Of<Half> auto& half) { codec.number(half.value); }

void describe(auto& codec, Of<Basket> auto& b) {
  codec.number(b.number);
  codec.numbers(b.pair);
  codec.number_as(std::uint16_t{}, b.wide);
  codec.flag(b.flag);
  codec.choice(b.soft, Fruit::kApple, Fruit::kPear);
  codec.choice(b.hard, is_hard);
  codec.constant(std::uint8_t{0x77});
  codec.bytes(b.place);
  codec.content(b.content, b.pair[0]);
  codec.sized(b.view);
  codec.text(b.any, 5, TextRule::kAny);
  codec.text(b.plain, 5, TextRule::kPlain);
  codec.text(b.made_plain, 5, TextRule::kMadePlain);
  codec.list(b.stones, 4);
  codec.via(
      b.even, [](const int& even) { return Half{half_of(even)}; },
      [](const Half& half) {
        return half.value < 100 ? std::optional<int>(2 * half.value) : std::nullopt;
      });
  codec.foreign(
      b.by_hand, [](const std::string& text, ByteWriter& out) { out.put_string(text); },
      [](ByteReader& in) { return in.get_string(); });
  codec.require(b.number != 13);
}

const std::vector<std::byte> kSeen(2, std::byte{0xee});

Basket basket() {
  Basket b;
  b.number = 0x01020304;
  b.pair = {2, 0x0506};
  b.wide = 0x0708;
  b.flag = true;
  b.soft = Fruit::kPear;
  b.place = {std::byte{1}, std::byte{2}, std::byte{3}};
  b.content = {std::byte{4}, std::byte{5}};
  b.view = kSeen;
  b.any = "\n";
  b.plain = "pl";
  b.made_plain = "abcde";
  b.stones.emplace_back(Stone(0x0a0b));
  b.even = 6;
  b.by_hand = "h";
  return b;
}

constexpr const char* kBasket =
    "04030201"            // number
    "02000605"            // pair
    "0807"                // wide
    "01"                  // flag
    "0409"                // choices
    "77"                  // constant
    "010203"              // bytes
    "0405"                // content
    "02000000eeee"        // sized
    "010000000a"          // any
    "02000000706c"        // plain
    "050000006162636465"  // made plain
    "010000000b0a"        // list
    "03"                  // via
    "0100000068";         // foreign

TEST(Codec, EveryFieldHasItsBytesAndComesBack) {
  const std::vector<std::byte> bytes = encode(basket());
  EXPECT_EQ(to_hex(bytes), kBasket);
  EXPECT_EQ(encoded_size(basket()), bytes.size());
  const auto read = decode_whole<Basket>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, 0x01020304u);
  EXPECT_EQ(read->pair, basket().pair);
  EXPECT_EQ(read->wide, 0x0708u);
  EXPECT_TRUE(read->flag);
  EXPECT_EQ(read->soft, Fruit::kPear);
  EXPECT_EQ(read->hard, Fruit::kQuince);
  EXPECT_EQ(read->place, basket().place);
  EXPECT_EQ(read->content, basket().content);
  EXPECT_EQ(to_hex(read->view), "eeee");
  EXPECT_EQ(read->any, "\n");
  EXPECT_EQ(read->plain, "pl");
  EXPECT_EQ(read->made_plain, "abcde");
  ASSERT_EQ(read->stones.size(), 1u);
  EXPECT_EQ(read->stones[0].weight, 0x0a0b);
  EXPECT_EQ(read->even, 6);
  EXPECT_EQ(read->by_hand, "h");
}

TEST(Codec, CutAnywhereItIsRefused) {
  const std::vector<std::byte> bytes = encode(basket());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(decode<Basket>(cut)) << size;
  }
}

TEST(Codec, WhatFollowsIsPaddingUnlessTheWholeIsAskedFor) {
  std::vector<std::byte> bytes = encode(basket());
  bytes.push_back({});
  EXPECT_TRUE(decode<Basket>(bytes));
  EXPECT_FALSE(decode_whole<Basket>(bytes));
}

TEST(Codec, WhatBreaksARuleIsRefused) {
  const auto accepted = [](const std::function<void(Basket&)>& change) {
    Basket b = basket();
    change(b);
    return decode<Basket>(encode(b)).has_value();
  };
  EXPECT_TRUE(accepted([](Basket&) {}));
  EXPECT_FALSE(accepted([](Basket& b) { b.number = 13; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.soft = Fruit{2}; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.soft = Fruit::kQuince; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.hard = Fruit::kPear; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.any = "123456"; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.plain = "123456"; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.plain = "\x7f"; }));
  EXPECT_FALSE(accepted([](Basket& b) { b.stones.resize(5); }));
  EXPECT_FALSE(accepted([](Basket& b) { b.even = 200; }));
  std::vector<std::byte> bytes = encode(basket());
  bytes[13] = std::byte{0x78};  // the constant
  EXPECT_FALSE(decode<Basket>(bytes));
}

TEST(Codec, TextThatIsMadePlainIsCutAndShowsWhatItHidBoth) {
  Basket b = basket();
  b.made_plain = "a\x1b[2Jxyz";
  const auto read = decode<Basket>(encode(b));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->made_plain, "a?[2J");
}

// A count is held against what is left before there is memory for so many.
TEST(Codec, ACountPastTheEndTakesNoMemory) {
  const auto made_for = [](std::uint32_t count) {
    std::vector<std::byte> bytes(4 + 6);
    std::memcpy(bytes.data(), &count, 4);
    Decoder decoder(bytes);
    std::vector<Stone> stones;
    const int before = Stone::made;
    decoder.list(stones);
    EXPECT_EQ(decoder.ok(), count <= 3) << count;
    return Stone::made - before - 1;  // one to see how long it is at least
  };
  EXPECT_EQ(made_for(3), 3);
  EXPECT_EQ(made_for(4), 0);
  EXPECT_EQ(made_for(0xffffffff), 0);
}

// So that wiping the bytes once wipes all of them.
TEST(Codec, IntoAPlaceItWritesThereAlone) {
  std::array<std::byte, 200> place;
  place.fill(std::byte{0xaa});
  const Bytes written = encode_to(basket(), place);
  EXPECT_EQ(written.data(), place.data());
  EXPECT_EQ(to_hex(written), kBasket);
  for (std::size_t i = written.size(); i < place.size(); ++i)
    ASSERT_EQ(place[i], std::byte{0xaa}) << i;
}

TEST(Codec, PaddingIsZeros) { EXPECT_EQ(to_hex(encode_padded<4>(Stone(0x0102))), "02010000"); }

TEST(CodecDeathTest, WhatItsFieldCannotHoldStopsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Basket b = basket();
  b.wide = 0x10000;
  EXPECT_DEATH(encode(b), "a number that its field cannot hold");
  b = basket();
  b.content.clear();
  EXPECT_DEATH(encode(b), "as many bytes as were announced");
  std::array<std::byte, 5> small;
  EXPECT_DEATH(encode_to(basket(), small), "past the end");
}

}  // namespace
}  // namespace mixnn
