#include "mixnn/onion/mix/strategy.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

using std::chrono::milliseconds;

// What ranks have been told since version 5 of the protocol.
TEST(MixStrategy, IsToldAsNumbersAndKnownByThem) {
  const MixStrategy shuffle = ShuffleMix{}, three = ThresholdMix{3, milliseconds(20)};
  EXPECT_EQ(to_hex(encode(numbers_of(shuffle))), "01000000404b4c0000000000");
  EXPECT_EQ(to_hex(encode(numbers_of(three))), "03000000002d310100000000");
  EXPECT_EQ(mix_from(numbers_of(shuffle)), shuffle);
  EXPECT_EQ(mix_from(numbers_of(three)), three);
  EXPECT_EQ(mix_from({1, 7}), shuffle) << "whatever the deadline";
  EXPECT_EQ(mix_from({0, 7}), std::nullopt);
}

}  // namespace
}  // namespace mixnn
