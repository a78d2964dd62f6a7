#include "mixnn/base/buffer.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(AlignedBuffer, StartsOnACacheLine) {
  for (std::size_t size = 1; size < 200; size += 7) {
    const AlignedBuffer buffer(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(buffer.bytes().size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % AlignedBuffer::kAlignment, 0u);
  }
}

TEST(AlignedBuffer, MovesAndLeavesNothingBehind) {
  AlignedBuffer first(64);
  first.bytes()[0] = std::byte{5};
  const std::byte* const at = first.data();
  AlignedBuffer second(std::move(first));
  EXPECT_EQ(second.data(), at);
  EXPECT_EQ(second.bytes()[0], std::byte{5});
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(first.data(), nullptr);
  AlignedBuffer third(8);
  third = std::move(second);
  EXPECT_EQ(third.data(), at);
  EXPECT_EQ(third.size(), 64u);
  EXPECT_EQ(second.size(), 0u);
  EXPECT_TRUE(second.bytes().empty());
}

TEST(AlignedBuffer, ViewsOfATypeCoverWhatTheyShould) {
  AlignedBuffer buffer(17);
  EXPECT_EQ(buffer.as<float>(4).size_bytes(), 16u);
  EXPECT_EQ(buffer.as<std::uint8_t>(17).size(), 17u);
  buffer.as<float>(4)[3] = 2.5f;
  EXPECT_EQ(std::as_const(buffer).as<float>(4)[3], 2.5f);
}

TEST(AlignedBufferDeathTest, AViewPastTheEndStopsTheProgram) {
  AlignedBuffer buffer(17);
  EXPECT_DEATH(buffer.as<float>(5), "past the end of a buffer");
  EXPECT_DEATH(std::as_const(buffer).as<float>(5), "past the end of a buffer");
}

}  // namespace
}  // namespace mixnn
