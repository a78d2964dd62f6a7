#include "mixnn/base/bytes.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(Bytes, WhatTheWriterWroteTheReaderReads) {
  std::vector<std::byte> out;
  ByteWriter writer(out);
  writer.put(std::uint32_t{0x01020304});
  writer.put(2.5f);
  writer.put_string("relay");
  EXPECT_EQ(to_hex(std::span(out).first(4)), "04030201");

  ByteReader reader(out);
  EXPECT_EQ(reader.get<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(reader.get<float>(), 2.5f);
  EXPECT_EQ(reader.get_string(), "relay");
  EXPECT_TRUE(reader.at_end());
}

TEST(Bytes, ReadingPastTheEndGivesZeroAndStaysFailed) {
  const std::vector<std::byte> three(3, std::byte{0xff});
  ByteReader reader(three);
  EXPECT_EQ(reader.get<std::uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.get<std::uint8_t>(), 0u);
  EXPECT_FALSE(reader.at_end());
}

TEST(Bytes, ASizeLargerThanTheInputIsRefused) {
  std::vector<std::byte> out;
  ByteWriter(out).put(std::uint32_t{0xffffffff});
  ByteReader reader(out);
  EXPECT_TRUE(reader.get_sized().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, HexGoesBothWays) {
  EXPECT_EQ(to_hex(from_hex("00fFa5").value()), "00ffa5");
  EXPECT_FALSE(from_hex("0").has_value());
  EXPECT_FALSE(from_hex("0g").has_value());
}

}  // namespace
}  // namespace mixnn
