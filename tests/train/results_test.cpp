#include "mixnn/train/results.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "mixnn/base/error.hpp"

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

TEST(CheckFinite, SeesAParameterThatNoLossDependsOn) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_NO_THROW(check_finite({{1.0f}, {-3e38f, 1e-42f}}, 2));
  try {
    check_finite({{1.0f}, {0.0f, -infinity}}, 2);
    FAIL();
  } catch (const RunError& error) {
    EXPECT_EQ(std::string(error.what()),
              "the parameters of stage 2 are no longer finite numbers after 2 epochs, though every "
              "loss until then was; try a smaller --lr");
  }
}

}  // namespace
}  // namespace mixnn
