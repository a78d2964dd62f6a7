#include "mixnn/app/options/mix_names.hpp"

#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string mix_error(const std::string& text) {
  try {
    return "no error, " + to_string(parse_mix({"--mix", text}));
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(MixNames, AreReadAndPrinted) {
  const auto read = [](const std::string& text) { return parse_mix({"--mix", text}); };
  EXPECT_EQ(read("shuffle"), MixStrategy(ShuffleMix{}));
  EXPECT_EQ(read("threshold:3"), MixStrategy(ThresholdMix{3, milliseconds(5)}));
  EXPECT_EQ(read("threshold:65536:0.25"), MixStrategy(ThresholdMix{65536, microseconds(250)}));
  EXPECT_EQ(to_string(MixStrategy(ShuffleMix{})), "shuffle");
  EXPECT_EQ(to_string(MixStrategy(ThresholdMix{3, milliseconds(20)})), "threshold:3:20");
  EXPECT_EQ(to_string(MixStrategy(ThresholdMix{4, microseconds(250)})), "threshold:4:0.25");
}

// Relays are told no difference, so none is shown.
TEST(MixNames, AThresholdOfOneIsShuffle) {
  EXPECT_EQ(to_string(parse_mix({"--mix", "threshold:1:20"})), "shuffle");
}

TEST(MixNames, AnErrorSaysWhichFormsThereAre) {
  const std::string forms =
      "--mix must be shuffle, threshold:N or threshold:N:MILLISECONDS, N from 1 to 65536, got ";
  for (const char* text : {"stir", "", ":", "threshold", "shuffle:2", "threshold:3:20:7"})
    EXPECT_EQ(mix_error(text), forms + "'" + text + "'");
  EXPECT_EQ(mix_error("threshold:0"),
            "--mix: the threshold must be a whole number from 1 to 65536, got '0'");
  EXPECT_EQ(mix_error("threshold:"),
            "--mix: the threshold must be a whole number from 1 to 65536, got ''");
  EXPECT_EQ(mix_error("threshold:2:0"),
            "--mix: the deadline must be a number above 0 and below 60000, got '0'");
  EXPECT_EQ(mix_error("threshold:2:"),
            "--mix: the deadline must be a number above 0 and below 60000, got ''");
}

}  // namespace
}  // namespace mixnn
