#include "mixnn/tensor/element_type.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr auto kBf16 = ElementType::kBfloat16;
using FloatLimits = std::numeric_limits<float>;

float from_half(std::uint16_t half) {
  float value = 0;
  decode(kBf16, bytes_of(std::span(&half, 1)), {&value, 1});
  return value;
}

std::uint16_t to_half(float value) {
  std::uint16_t half = 0;
  encode(kBf16, {&value, 1}, std::as_writable_bytes(std::span(&half, 1)));
  return half;
}

TEST(ElementType, IntegersAreReadOneByOne) {
  const std::vector<std::uint16_t> words{7, 300, 65535};
  const ConstBytes bytes = bytes_of(std::span(words));
  EXPECT_EQ(integer_at(ElementType::kUint16, bytes, 1), 300u);
  EXPECT_EQ(integer_at(ElementType::kUint16, bytes, 2), 65535u);
  EXPECT_EQ(integer_at(ElementType::kUint8, bytes, 2), 300u % 256);
}

TEST(ElementType, KnownNumbersInBfloat16) {
  EXPECT_EQ(to_half(1.0f), 0x3F80);
  EXPECT_EQ(to_half(-2.0f), 0xC000);
  EXPECT_EQ(to_half(0.0f), 0x0000);
  EXPECT_EQ(to_half(-0.0f), 0x8000);
  EXPECT_EQ(to_half(3.14159274f), 0x4049);
  EXPECT_EQ(to_half(FloatLimits::infinity()), 0x7F80);
  EXPECT_EQ(to_half(FloatLimits::max()), 0x7F80) << "rounds up to infinity";
  EXPECT_TRUE(std::isnan(from_half(to_half(FloatLimits::quiet_NaN()))));
  // A NaN whose upper half alone would be infinity.
  EXPECT_TRUE(std::isnan(from_half(to_half(std::bit_cast<float>(0x7F80'0001)))));
  EXPECT_EQ(from_half(0x4049), 3.140625f);
}

TEST(ElementType, TiesInBfloat16GoToTheEvenHalf) {
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F80'8000)), 0x3F80);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F80'8001)), 0x3F81);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F81'8000)), 0x3F82);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F81'7FFF)), 0x3F81);
}

TEST(ElementType, EveryBfloat16ComesBack) {
  for (std::uint32_t half = 0; half <= 0xFFFF; ++half) {
    const float value = from_half(static_cast<std::uint16_t>(half));
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_half(value), half);
  }
}

// As an array, whose length leaves a remainder of every vector: no other bfloat16 is nearer.
TEST(ElementType, EncodesTheNearestBfloat16) {
  constexpr std::size_t kCount = 100'003;
  CounterRng rng(5, RandomPurpose::kTest, 0);
  std::vector<float> values(kCount), back(kCount);
  for (float& x : values) {
    x = std::bit_cast<float>(static_cast<std::uint32_t>(rng.next()));
    if (!std::isnormal(x)) x = 1.0f;
  }
  std::vector<std::uint16_t> halves(kCount);
  encode(kBf16, values, std::as_writable_bytes(std::span(halves)));
  decode(kBf16, bytes_of(std::span(halves)), back);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (std::isinf(back[i])) continue;
    const double error = std::abs(static_cast<double>(back[i]) - values[i]);
    for (const int step : {-1, 1}) {
      const float other = from_half(static_cast<std::uint16_t>(halves[i] + step));
      ASSERT_LE(error, std::abs(static_cast<double>(other) - values[i])) << values[i];
    }
  }
}

TEST(ElementType, FloatsStayWhereTheyLie) {
  std::vector<float> values{1, 2, 3}, scratch(3), copy(3);
  const Bytes bytes = std::as_writable_bytes(std::span(values));
  EXPECT_EQ(decoded(ElementType::kFloat32, bytes, scratch).data(), values.data());
  EXPECT_EQ(decoded(ElementType::kFloat32, ConstBytes(bytes), scratch).data(), values.data());
  EXPECT_EQ(encoded(ElementType::kFloat32, values, {}).data(), bytes.data());
  encode(ElementType::kFloat32, values, std::as_writable_bytes(std::span(copy)));
  EXPECT_EQ(copy, values);
  std::vector<std::uint16_t> halves(3);
  const Bytes room = std::as_writable_bytes(std::span(halves)), half = encoded(kBf16, values, room);
  EXPECT_EQ(half.data(), room.data());
  EXPECT_EQ(half.size(), room.size());
  EXPECT_EQ(decoded(kBf16, half, scratch).data(), scratch.data());
  EXPECT_EQ(scratch, values);
}

TEST(ElementType, SizesMustFit) {
  std::vector<float> values(3);
  std::vector<std::byte> bytes(7);
  EXPECT_DEATH(encode(kBf16, values, bytes), "sizes of encode");
  EXPECT_DEATH(decode(ElementType::kFloat32, bytes, values), "sizes of decode");
  EXPECT_DEATH(encoded(kBf16, values, Bytes(bytes).first(5)), "room for encoded floats");
  EXPECT_DEATH(decoded(kBf16, Bytes(bytes).first(6), std::span(values).first(2)),
               "room for decoded floats");
  EXPECT_DEATH(encode(ElementType::kUint8, values, Bytes(bytes).first(3)), "a type that floats");
}

}  // namespace
}  // namespace mixnn
