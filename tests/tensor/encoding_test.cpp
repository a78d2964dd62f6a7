#include "mixnn/tensor/encoding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr auto kF32 = ElementType::kFloat32;
constexpr auto kBf16 = ElementType::kBfloat16;
constexpr auto kInt8 = ElementType::kInt8;
using FloatLimits = std::numeric_limits<float>;

float from_half(std::uint16_t half) {
  float value = 0;
  Encoding(kBf16, {1}).decode(bytes_of(std::span(&half, 1)), {&value, 1});
  return value;
}

std::uint16_t to_half(float value) {
  std::uint16_t half = 0;
  Encoding(kBf16, {1}).encode({&value, 1}, std::as_writable_bytes(std::span(&half, 1)));
  return half;
}

TEST(Encoding, KnownNumbersInBfloat16) {
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

TEST(Encoding, TiesInBfloat16GoToTheEvenHalf) {
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F80'8000)), 0x3F80);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F80'8001)), 0x3F81);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F81'8000)), 0x3F82);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x3F81'7FFF)), 0x3F81);
}

TEST(Encoding, EveryBfloat16ComesBack) {
  for (std::uint32_t half = 0; half <= 0xFFFF; ++half) {
    const float value = from_half(static_cast<std::uint16_t>(half));
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_half(value), half);
  }
}

// As an array, whose length leaves a remainder of every vector: no other bfloat16 is nearer.
TEST(Encoding, EncodesTheNearestBfloat16) {
  constexpr std::size_t kCount = 100'003;
  CounterRng rng(5, RandomPurpose::kTest, 0);
  std::vector<float> values(kCount), back(kCount);
  for (float& x : values) {
    x = std::bit_cast<float>(static_cast<std::uint32_t>(rng.next()));
    if (!std::isnormal(x)) x = 1.0f;
  }
  std::vector<std::uint16_t> halves(kCount);
  const Encoding encoding(kBf16, {1});
  encoding.encode(values, std::as_writable_bytes(std::span(halves)));
  encoding.decode(bytes_of(std::span(halves)), back);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (std::isinf(back[i])) continue;
    const double error = std::abs(static_cast<double>(back[i]) - values[i]);
    for (const int step : {-1, 1}) {
      const float other = from_half(static_cast<std::uint16_t>(halves[i] + step));
      ASSERT_LE(error, std::abs(static_cast<double>(other) - values[i])) << values[i];
    }
  }
}

// Rows of one length as int8, and what they are on the other side.
struct Int8Rows {
  std::vector<float> scales, back;
  std::vector<int> numbers;

  Int8Rows(std::vector<float> values, std::int64_t columns) : back(values.size()) {
    const Encoding encoding(kInt8, {columns});
    const std::size_t rows = values.size() / static_cast<std::size_t>(columns);
    AlignedBuffer memory(encoding.bytes(rows));
    EXPECT_EQ(memory.size(), rows * sizeof(float) + values.size());
    encoding.encode(values, memory.bytes());
    encoding.decode(memory.bytes(), back);
    for (std::size_t r = 0; r < rows; ++r)
      std::memcpy(&scales.emplace_back(), memory.bytes().data() + r * sizeof(float), sizeof(float));
    for (const std::byte b : memory.bytes().subspan(rows * sizeof(float)))
      numbers.push_back(std::to_integer<std::int8_t>(b));
  }
};

TEST(Encoding, EveryRowOfInt8HasItsScale) {
  const Int8Rows made({127, -1, 2, 0, -0.5f, 0.2f, 0.125f, -0.0f}, 4);
  EXPECT_EQ(made.scales, (std::vector<float>{1, 0.5f / 127}));
  EXPECT_EQ(made.numbers, (std::vector<int>{127, -1, 2, 0, -127, 51, 32, 0}));
  EXPECT_EQ(std::vector<float>(made.back.begin(), made.back.begin() + 4),
            (std::vector<float>{127, -1, 2, 0}));
  EXPECT_EQ(made.back[5], 51 * (0.5f / 127));
}

TEST(Encoding, TiesInInt8GoToTheEvenNumber) {
  const Int8Rows made({127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f, -126.5f, 1.4999999f},
                      10);
  EXPECT_EQ(made.numbers, (std::vector<int>{127, 0, 2, 2, 0, -2, -2, 126, -126, 1}));
}

TEST(Encoding, ARowOfZerosOrOfHardlyMoreIsZerosInInt8) {
  const float least = 127 * FloatLimits::min();
  const Int8Rows made({0, -0.0f, FloatLimits::denorm_min(), -FloatLimits::min(),
                       std::nextafter(least, 0.0f), 0, -least, least},
                      2);
  EXPECT_EQ(made.scales, (std::vector<float>{0, 0, 0, FloatLimits::min()}));
  EXPECT_EQ(made.numbers, (std::vector<int>{0, 0, 0, 0, 0, 0, -127, 127}));
  EXPECT_EQ(made.back, (std::vector<float>{0, 0, 0, 0, 0, 0, -least, least}));
}

// A training that diverges must not look like one that does not.
TEST(Encoding, ARowThatIsNotFiniteIsNoNumbersAfterInt8) {
  const float inf = FloatLimits::infinity(), nan = FloatLimits::quiet_NaN();
  const std::vector<float> values{1, inf, 2, 1, -inf, 2, nan, 1, 2, -nan, inf, 2, 1, 2, 127};
  const Int8Rows made(values, 3);
  for (std::size_t row = 0; row < 5; ++row) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(made.scales[row]),
              row < 4 ? 0x7FC0'0000u : 0x3F80'0000u);
    for (std::size_t i = 3 * row; i < 3 * row + 3; ++i)
      EXPECT_TRUE(row < 4 ? std::isnan(made.back[i]) : made.back[i] == values[i]) << i;
  }
  EXPECT_EQ(std::ranges::count(made.numbers, 0), 4 * 3);
}

TEST(Encoding, TheLargestFloatIsAWholeNumberOfInt8) {
  const Int8Rows made({FloatLimits::max(), -FloatLimits::max() / 4, 1}, 3);
  EXPECT_EQ(made.numbers, (std::vector<int>{127, -32, 0}));
}

// Of any magnitude, in rows whose length leaves a remainder of every vector: no other number of the
// row's scale is nearer, and the loop one value at a time gives the same.
TEST(Encoding, EncodesTheNearestInt8) {
  constexpr std::size_t kInt8Rows = 300, kInt8Columns = 333;
  CounterRng rng(6, RandomPurpose::kTest, 0);
  std::vector<float> values(kInt8Rows * kInt8Columns);
  for (std::size_t r = 0; r < kInt8Rows; ++r) {
    const float magnitude = std::ldexp(1.0f, static_cast<int>(rng.below(200)) - 100);
    for (std::size_t c = 0; c < kInt8Columns; ++c)
      values[r * kInt8Columns + c] = magnitude * (2 * rng.uniform() - 1);
  }
  const Int8Rows made(values, kInt8Columns);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float scale = made.scales[i / kInt8Columns];
    ASSERT_EQ(made.numbers[i], static_cast<int>(std::nearbyint(values[i] / scale))) << values[i];
    ASSERT_EQ(made.back[i], scale * static_cast<float>(made.numbers[i]));
    ASSERT_LE(std::abs(static_cast<double>(made.back[i]) - values[i]), 0.5001 * scale);
    ASSERT_LE(std::abs(made.numbers[i]), 127);
  }
}

// A host may send any bytes.
TEST(Encoding, AnyBytesAreFloats) {
  CounterRng rng(7, RandomPurpose::kTest, 0);
  for (const ElementType type : {kF32, kBf16, kInt8}) {
    const Encoding encoding(type, {37});
    AlignedBuffer memory(encoding.bytes(50));
    for (std::byte& b : memory.bytes()) b = static_cast<std::byte>(rng.next() & 0xFF);
    std::vector<float> values(50 * 37);
    encoding.decode(memory.bytes(), values);
    EXPECT_GT(std::ranges::count_if(values, [](float x) { return std::isfinite(x); }), 100);
  }
}

TEST(Encoding, AnyNumberOfHelpersGivesTheSameBytes) {
  CounterRng rng(8, RandomPurpose::kTest, 0);
  constexpr std::size_t kSharedRows = 7;
  std::vector<float> values(kSharedRows * 40'000);
  for (float& x : values) x = 2 * rng.uniform() - 1;
  Crew crew(own_cores(2));
  const Products shared(crew, Cutting::kByCrew);
  for (const ElementType type : {kF32, kBf16, kInt8})
    for (const std::int64_t columns : {40'000, 200, 1}) {
      const Encoding encoding(type, {columns});
      const std::size_t rows = values.size() / static_cast<std::size_t>(columns);
      AlignedBuffer alone(encoding.bytes(rows)), together(encoding.bytes(rows));
      encoding.encode(values, alone.bytes());
      encoding.encode(values, together.bytes(), shared);
      EXPECT_TRUE(std::ranges::equal(alone.bytes(), together.bytes())) << to_string(type);
      std::vector<float> a(values.size()), b(values.size());
      encoding.decode(alone.bytes(), a);
      encoding.decode(alone.bytes(), b, shared);
      EXPECT_EQ(a, b) << to_string(type);
    }
}

TEST(Encoding, FloatsStayWhereTheyLie) {
  std::vector<float> values{1, 2, 3}, scratch(3), copy(3);
  const Bytes bytes = std::as_writable_bytes(std::span(values));
  const Encoding floats(kF32, {3}), halves(kBf16, {1}), numbers(kInt8, {3});
  EXPECT_TRUE(floats.in_place());
  EXPECT_EQ(floats.decoded(bytes, scratch).data(), values.data());
  EXPECT_EQ(floats.decoded(ConstBytes(bytes), scratch).data(), values.data());
  EXPECT_EQ(floats.encoded(values, {}).data(), bytes.data());
  floats.encode(values, std::as_writable_bytes(std::span(copy)));
  EXPECT_EQ(copy, values);
  AlignedBuffer memory(7);
  for (const auto& [encoding, size] : {std::pair{halves, 6u}, std::pair{numbers, 7u}}) {
    const Bytes sent = encoding.encoded(values, memory.bytes());
    EXPECT_FALSE(encoding.in_place());
    EXPECT_EQ(sent.data(), memory.bytes().data());
    EXPECT_EQ(sent.size(), size);
    EXPECT_EQ(encoding.decoded(sent, scratch).data(), scratch.data());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(scratch[i], values[i], 1.5 / 127);
  }
}

TEST(Encoding, SizesMustFit) {
  std::vector<float> values(3);
  std::vector<std::byte> bytes(7);
  const Encoding floats(kF32, {1}), halves(kBf16, {1}), numbers(kInt8, {2});
  EXPECT_DEATH(halves.encode(values, bytes), "sizes of encode");
  EXPECT_DEATH(numbers.encode(values, bytes), "sizes of encode");
  EXPECT_DEATH(floats.decode(bytes, values), "sizes of decode");
  EXPECT_DEATH(halves.encoded(values, Bytes(bytes).first(5)), "room for encoded floats");
  EXPECT_DEATH(numbers.decoded(Bytes(bytes), values), "whole rows");
  EXPECT_DEATH(halves.decoded(Bytes(bytes).first(6), std::span(values).first(2)),
               "room for decoded floats");
  EXPECT_DEATH(Encoding(ElementType::kUint8, {1}).encode(values, Bytes(bytes).first(3)),
               "a type that floats");
}

}  // namespace
}  // namespace mixnn
