#include "mixnn/app/report/progress.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(Progress, LeavesOutFromTheEndWhatDoesNotFit) {
  const std::vector<std::string> parts{"mixnn 1/5", "batch 3/9", "loss 0.5"};
  EXPECT_EQ(fit_parts(parts, 80), "mixnn 1/5  batch 3/9  loss 0.5");
  EXPECT_EQ(fit_parts(parts, 29), "mixnn 1/5  batch 3/9");
  EXPECT_EQ(fit_parts(parts, 5), "mixnn");
}

TEST(Progress, Durations) {
  EXPECT_EQ(duration_text(7.4), "7 s");
  EXPECT_EQ(duration_text(125), "2:05");
  EXPECT_EQ(duration_text(3725), "1:02:05");
  EXPECT_EQ(duration_text(-1), "0 s");
}

TEST(Progress, WithoutATerminalThereIsNone) {
  testing::internal::CaptureStdout();
  {
    ProgressLine line(Terminal(), 5, {"epoch"});
    EXPECT_FALSE(line.begin("epoch", 0));
    line.show("text");
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Progress, IsGoneWhenCleared) {
  testing::internal::CaptureStdout();
  {
    ProgressLine line(Terminal("/dev/null"), 5, {"epoch"});
    line.show("some text");
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "\rsome text\r         \r");
}

}  // namespace
}  // namespace mixnn
