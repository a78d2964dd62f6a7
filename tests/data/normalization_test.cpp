#include "mixnn/data/normalization.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/loading.hpp"

namespace mixnn {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing_files::numbers_of;

DataPair pair_of(const Table& samples) {
  const DataSet set{samples, Table::of({}, std::vector<std::uint8_t>(samples.rows()))};
  return {"pair", set, set};
}

TEST(Normalization, HasAMeanAndADeviationForEachColumn) {
  const Table table = Table::of({2}, std::vector<float>{1, 10, 3, 10, 5, 10});
  const Normalization found = normalization_of(table, 1);
  EXPECT_THAT(found.mean, ElementsAre(3, 10));
  EXPECT_THAT(found.deviation, ElementsAre(FloatNear(1.6329932f, 1e-6f), 1));
  DataPair pair = pair_of(table);
  normalize(pair, found, 1);
  EXPECT_THAT(numbers_of<float>(pair.train.samples),
              ElementsAre(FloatNear(-1.2247449f, 1e-6f), 0, 0, 0, FloatNear(1.2247449f, 1e-6f), 0));
  EXPECT_EQ(numbers_of<float>(pair.test.samples), numbers_of<float>(pair.train.samples));
}

TEST(Normalization, HasOneForEachChannelOfPictures) {
  const Table pictures =
      Table::of({2, 1, 2}, std::vector<std::uint8_t>{0, 2, 10, 30, 0, 2, 10, 30});
  const Normalization found = normalization_of(pictures, 0.5f);
  EXPECT_THAT(found.mean, ElementsAre(0.5f, 10));
  EXPECT_THAT(found.deviation, ElementsAre(0.5f, 5));
  DataPair pair = pair_of(pictures);
  normalize(pair, found, 0.5f);
  EXPECT_EQ(pair.train.samples.type(), ElementType::kFloat32);
  EXPECT_EQ(pair.train.samples.row_shape(), (Shape{2, 1, 2}));
  EXPECT_THAT(numbers_of<float>(pair.test.samples), ElementsAre(-1, 1, -1, 1, -1, 1, -1, 1));
}

TEST(Normalization, LargeNumbersLoseNothing) {
  std::vector<float> far(2000);
  for (std::size_t i = 0; i < far.size(); ++i) far[i] = 1e6f + (i % 2 == 0 ? 1.0f : -1.0f);
  const Normalization found = normalization_of(Table::of({1}, far), 1);
  EXPECT_EQ(found.mean, std::vector<float>{1e6f});
  EXPECT_THAT(found.deviation, ElementsAre(FloatNear(1, 1e-6f)));
}

TEST(Normalization, TakesOneForAllOrOneForEachChannel) {
  const Table table = Table::of({3}, std::vector<std::uint16_t>{1, 2, 300});
  DataPair pair = pair_of(table);
  normalize(pair, {{2}, {2}}, 1);
  EXPECT_THAT(numbers_of<float>(pair.train.samples), ElementsAre(-0.5f, 0, 149));
  DataPair other = pair_of(table);
  try {
    normalize(other, {{1, 2}, {1, 2}}, 1);
    FAIL() << "two means for three columns";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--normalize has 2 means, but samples [3] have 3 channels");
  }
}

}  // namespace
}  // namespace mixnn
