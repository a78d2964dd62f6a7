// A process with many tests, some of which end it: for count_test.py, which chooses among them.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

TEST(Many, Passes) {}
TEST(Many, PassesAndSaysMore) { std::printf("without a new line"); }
TEST(Many, Fails) { EXPECT_EQ(1 + 1, 3) << "so it says"; }
TEST(Many, Skips) { GTEST_SKIP() << "no such thing here"; }
TEST(Many, DISABLED_IsOff) { FAIL(); }
TEST(Many, Aborts) {
  std::puts("its last words");
  std::fflush(stdout);
  std::abort();
}
TEST(Many, TakesForEver) {
  while (true) ::pause();
}
TEST(Many, LeavesAnExitCode) {
  std::atexit([] { std::_Exit(5); });
}
TEST(Many, EndsAllOfThemAsIfWell) { std::_Exit(0); }
TEST(Many, PassesInTheEnd) {}

class Two : public ::testing::TestWithParam<int> {};
TEST_P(Two, OnlyOneFails) { EXPECT_EQ(GetParam(), 1); }
TEST_P(Two, AndMore) { std::_Exit(GetParam()); }
INSTANTIATE_TEST_SUITE_P(All, Two, ::testing::Values(1, 2));

class Broken : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { FAIL() << "before any test of it"; }
};
TEST_F(Broken, Passes) {}

}  // namespace
