#include "mixnn/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace mixnn {
namespace {

enum class Why { kFirst, kSecond };

TEST(Result, HoldsAValueOrAReason) {
  Result<std::string, Why> good(std::string("yes")), bad(Why::kSecond);
  EXPECT_TRUE(good);
  EXPECT_EQ(good.value(), "yes");
  EXPECT_EQ(*good, "yes");
  EXPECT_EQ(good->size(), 3u);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), Why::kSecond);
}

TEST(Result, ValueAndReasonMayBeOfOneKindOfNumber) {
  const Result<long, Why> value(7L);
  EXPECT_TRUE(value);
  EXPECT_EQ(value.value(), 7);
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>, Why> result(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = std::move(result.value());
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeathTest, TheWrongQuestionStopsTheProgram) {
  Result<int, Why> good(1), bad(Why::kFirst);
  EXPECT_DEATH(bad.value(), "value of a failed result");
  EXPECT_DEATH(*bad, "value of a failed result");
  EXPECT_DEATH(good.error(), "error of a successful result");
}

}  // namespace
}  // namespace mixnn
