#include "mixnn/data/validation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "data/loading.hpp"

namespace mixnn {
namespace {

using testing_files::numbers_of;

// Sample i is the number i, and its label is i + 1000.
DataPair numbered(std::uint16_t count) {
  std::vector<std::uint16_t> samples(count), labels(count);
  std::iota(samples.begin(), samples.end(), std::uint16_t{0});
  std::iota(labels.begin(), labels.end(), std::uint16_t{1000});
  const DataSet set{Table::of({1}, samples), Table::of({}, labels)};
  return {"numbered", set, set};
}

DataPair parts(std::uint16_t count, double share, std::uint64_t seed) {
  DataPair pair = numbered(count);
  split_validation(pair, share, seed);
  return pair;
}

TEST(Validation, TakesItsShareOutOfTheTrainingSet) {
  const DataPair pair = parts(1000, 0.1, 7);
  EXPECT_EQ(pair.train.count(), 900u);
  EXPECT_EQ(pair.validation.count(), 100u);
  EXPECT_EQ(pair.test.count(), 1000u);
  std::set<std::uint16_t> all;
  for (const DataSet* part : {&pair.train, &pair.validation}) {
    const auto samples = numbers_of<std::uint16_t>(part->samples),
               labels = numbers_of<std::uint16_t>(part->labels);
    EXPECT_TRUE(std::ranges::is_sorted(samples));
    for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(labels[i], samples[i] + 1000);
    all.insert(samples.begin(), samples.end());
  }
  EXPECT_EQ(all.size(), 1000u);
}

TEST(Validation, IsDrawnFromTheSeedAlone) {
  const auto drawn = [](std::uint64_t seed) {
    return numbers_of<std::uint16_t>(parts(1000, 0.1, seed).validation.samples);
  };
  EXPECT_EQ(drawn(7), drawn(7));
  EXPECT_NE(drawn(7), drawn(8));
  EXPECT_GT(drawn(7).back(), 900);  // from everywhere, not the first ones
}

TEST(Validation, IsNeitherNothingNorAll) {
  EXPECT_EQ(parts(3, 0.001, 1).validation.count(), 1u);
  EXPECT_EQ(parts(3, 0.999, 1).validation.count(), 2u);
  EXPECT_EQ(parts(10, 0.25, 1).validation.count(), 3u);
  EXPECT_THROW(parts(1, 0.5, 1), UsageError);
}

TEST(Validation, IsWhatIsTestedAfterEachEpoch) {
  const DataPair whole = numbered(10), split = parts(10, 0.2, 1);
  EXPECT_EQ(&whole.watched(), &whole.test);
  EXPECT_EQ(&split.watched(), &split.validation);
}

}  // namespace
}  // namespace mixnn
