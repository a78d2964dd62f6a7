#include "mixnn/node/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixnn {
namespace {

AlignedBuffer message_of(std::size_t bytes, int value) {
  AlignedBuffer buffer(bytes);
  std::ranges::fill(buffer.bytes(), static_cast<std::byte>(value));
  return buffer;
}

bool is(ConstBytes bytes, std::size_t count, int value) {
  return bytes.size() == count && std::ranges::all_of(bytes, [=](std::byte b) {
           return b == static_cast<std::byte>(value);
         });
}

TEST(Window, KeepsAFullMessageWhereItLiesAndCopiesAShortOne) {
  Window window;
  window.begin({});
  AlignedBuffer input = message_of(100, 1), gradient = message_of(100, 2);
  const std::byte* const lay = input.data();
  window.keep(input, 60, gradient, 40);
  EXPECT_EQ(input.size(), 0u) << "there is no memory to give back yet";
  EXPECT_EQ(gradient.size(), 100u) << "what was copied stays the caller's";
  std::ranges::fill(gradient.bytes(), std::byte{9});
  EXPECT_EQ(window.inputs().at(0).data(), lay);
  EXPECT_TRUE(is(window.inputs().at(0), 60, 1));
  EXPECT_TRUE(is(window.gradients().at(0), 40, 2));
  EXPECT_EQ(window.message_bytes(), 100u);
  EXPECT_GE(window.memory_bytes(), 140u);
}

TEST(Window, GivesMemoryOfTheOneBeforeInExchange) {
  Window window;
  window.begin({});
  AlignedBuffer input = message_of(8, 1), gradient = message_of(8, 2);
  const std::byte* const lay = input.data();
  window.keep(input, 8, gradient, 8);
  window.end();
  EXPECT_TRUE(is(window.inputs().at(0), 8, 1)) << "it stays until the next one begins";
  window.begin({});
  EXPECT_TRUE(window.inputs().empty());
  AlignedBuffer next = message_of(8, 3), next_gradient = message_of(8, 4);
  window.keep(next, 8, next_gradient, 8);
  EXPECT_EQ(next.data(), lay);
  EXPECT_TRUE(is(window.inputs().at(0), 8, 3));
  EXPECT_TRUE(is(window.gradients().at(0), 8, 4));
  EXPECT_EQ(window.message_bytes(), 16u);
}

}  // namespace
}  // namespace mixnn
