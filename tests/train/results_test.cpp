#include "mixnn/train/results.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

// sha256sum of the bytes 0000803f 00000040 000040c0.
TEST(ParametersSha256, IsThatOfLittleEndianFloatsWhateverTheStages) {
  const std::string expected = "17872696b82c5c83b762a6c9c64adc526721b6057b76810da01b99082ec4237f";
  EXPECT_EQ(parameters_sha256({{1.0f, 2.0f}, {-3.0f}}), expected);
  EXPECT_EQ(parameters_sha256({{1.0f}, {}, {2.0f, -3.0f}}), expected);
  EXPECT_NE(parameters_sha256({{1.0f, 2.0f}, {-3.0000002f}}), expected);
  EXPECT_NE(parameters_sha256({{-3.0f}, {1.0f, 2.0f}}), expected);
}

}  // namespace
}  // namespace mixnn
