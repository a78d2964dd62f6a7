#include "mixnn/layers/initialization.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"

namespace mixnn {
namespace {

ModelSpec network(std::vector<std::vector<LayerSpec>> stages) {
  ModelSpec model;
  model.input_shape = {10, 10};
  model.stages = std::move(stages);
  return model;
}

const ModelSpec kSplit = network({{FlattenSpec{}, LinearSpec{64}, ReluSpec{}}, {LinearSpec{16}}});
const ModelSpec kWhole = network({{FlattenSpec{}, LinearSpec{64}, ReluSpec{}, LinearSpec{16}}});

TEST(InitialParameters, FillEveryStageWithinPyTorchsBounds) {
  const auto stages = initial_parameters(kSplit, 1);
  ASSERT_EQ(stages.size(), 2u);
  ASSERT_EQ(stages[0].size(), 64u * 101u);
  ASSERT_EQ(stages[1].size(), 16u * 65u);
  for (const std::size_t s : {0, 1}) {
    const double bound = s == 0 ? 0.1 : 0.125;
    const auto [least, most] = std::ranges::minmax(stages[s]);
    EXPECT_GE(least, -bound);
    EXPECT_LE(most, bound);
    EXPECT_LT(least, -0.99 * bound);
    EXPECT_GT(most, 0.99 * bound);
    const double mean = std::accumulate(stages[s].begin(), stages[s].end(), 0.0) /
                        static_cast<double>(stages[s].size());
    EXPECT_NEAR(mean, 0, 4 * bound / std::sqrt(3.0 * static_cast<double>(stages[s].size())));
  }
}

TEST(InitialParameters, DependOnTheSeedAndNotOnTheSplit) {
  const auto split = initial_parameters(kSplit, 7), whole = initial_parameters(kWhole, 7);
  std::vector<float> joined = split[0];
  joined.insert(joined.end(), split[1].begin(), split[1].end());
  EXPECT_EQ(joined, whole.at(0));
  EXPECT_NE(initial_parameters(kWhole, 8), whole);
}

TEST(InitialParameters, DifferFromLayerToLayer) {
  const auto stages =
      initial_parameters(network({{FlattenSpec{}, LinearSpec{100}, LinearSpec{100}}}), 7);
  const std::vector<float>& all = stages.at(0);
  EXPECT_FALSE(std::equal(all.begin(), all.begin() + 10100, all.begin() + 10100));
}

}  // namespace
}  // namespace mixnn
