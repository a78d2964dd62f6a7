#include "mixnn/base/check.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(Check, ATrueInvariantIsEvaluatedOnce) {
  int times = 0;
  MIXNN_CHECK(++times == 1, "once");
  EXPECT_EQ(times, 1);
}

TEST(CheckDeathTest, ABrokenOneSaysWhereAndWhatInEveryBuildType) {
  EXPECT_DEATH(MIXNN_CHECK(1 + 1 == 3, "arithmetic"),
               "check_test.cpp:.*arithmetic \\(1 \\+ 1 == 3\\)");
}

}  // namespace
}  // namespace mixnn
