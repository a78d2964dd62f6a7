#include "mixnn/app/report/record.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

Record record(std::vector<double> walls, std::optional<double> accuracy, std::string sha256) {
  Record result{.name = "mixnn", .threading = {}, .epochs = {}, .sha256 = std::move(sha256)};
  for (const double wall : walls)
    result.epochs.push_back({{wall, 100, 0.5, 0.8}, {0.1, 0.4, accuracy}});
  return result;
}

TEST(Record, SumsWallsAndSamples) {
  const Record two = record({1.0, 3.0}, 0.9, "a");
  EXPECT_DOUBLE_EQ(two.wall_s(), 4.0);
  EXPECT_DOUBLE_EQ(two.samples_per_s(), 50.0);
  EXPECT_DOUBLE_EQ(two.median_wall_s(), 2.0);
}

TEST(Record, MedianIsNotMovedByOneSlowEpoch) { EXPECT_DOUBLE_EQ(median({2, 1, 100}), 2); }

TEST(Record, ComparesWithTheRightOne) {
  const Record baseline = record({1, 1, 9}, 0.7, "other"),
               reference = record({2, 2, 2}, 0.875, "same");
  const Comparison equal = compare(baseline, reference, record({4, 4, 4}, 0.875, "same"));
  EXPECT_DOUBLE_EQ(equal.slowdown, 4);
  EXPECT_EQ(equal.accuracy_difference, 0);
  EXPECT_TRUE(equal.bit_identical);
  const Comparison unequal = compare(baseline, reference, record({4, 4, 4}, 0.75, "other"));
  EXPECT_EQ(unequal.accuracy_difference, 0.125);
  EXPECT_FALSE(unequal.bit_identical);
  const Record without = record({1}, {}, "same");
  EXPECT_EQ(compare(without, without, without).accuracy_difference, std::nullopt);
}

TEST(Record, TheTestAtTheEndCountsIfTheEpochsWereValidated) {
  Record reference = record({1}, 0.5, "same"), mixnn = record({1}, 0.25, "same");
  reference.test_set = TestResult{0.1, 0.4, 0.75};
  mixnn.test_set = TestResult{0.1, 0.4, 0.875};
  EXPECT_EQ(mixnn.tested().accuracy, 0.875);
  EXPECT_EQ(compare(reference, reference, mixnn).accuracy_difference, 0.125);
}

}  // namespace
}  // namespace mixnn
