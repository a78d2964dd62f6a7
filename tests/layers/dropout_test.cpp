#include "mixnn/layers/kinds/dropout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "layers/layer_examples.hpp"
#include "layers/reference_network.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/kinds/residual.hpp"
#include "mixnn/layers/kinds/sequential.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;
using testing_reference::example_stage;
using testing_reference::floats_in;
using testing_reference::writable;

constexpr std::size_t kValues = 1000;

std::vector<float> dropped(float p, std::size_t rows, const Occasion& occasion,
                           std::uint64_t key = 5) {
  StageSpec spec = example_stage(DropoutSpec(p), {kValues}, rows);
  spec.keys = {key};
  Stage stage(spec);
  Pass pass = stage.make_pass();
  std::vector<float> ones(rows * kValues, 1);
  const auto y = floats_in(stage.forward(pass, writable(ones), rows, occasion));
  std::vector<float> all(y.begin(), y.end());
  std::vector<float> dy(ones.size(), 1);
  const auto dx = floats_in(stage.input_gradient(pass, writable(dy)));
  EXPECT_TRUE(std::ranges::equal(dx, all)) << "the backward leaves out the same";
  return all;
}

// 100,000 values; 5 standard deviations of their number, which a fair draw exceeds once in 1.7
// million.
TEST(Dropout, LeavesOutItsRateAndScalesTheRest) {
  for (const float p : {0.1f, 0.5f, 0.9f}) {
    const std::vector<float> y = dropped(p, 100, {.training = true});
    const auto zeros = static_cast<double>(std::ranges::count(y, 0.0f));
    const double n = static_cast<double>(y.size());
    EXPECT_NEAR(zeros, n * p, 5 * std::sqrt(n * p * (1 - p))) << p;
    for (const float value : y) ASSERT_FLOAT_EQ(value, value == 0 ? 0 : 1 / (1 - p));
  }
}

TEST(Dropout, ChangesNothingInEvaluation) {
  EXPECT_EQ(dropped(0.5f, 2, kEvaluation), std::vector<float>(2 * kValues, 1));
}

TEST(Dropout, FollowsKeyStepAndRowOfTheBatchAlone) {
  const Occasion whole{.training = true, .step = 3, .first_row = 0};
  const std::vector<float> batch = dropped(0.5f, 4, whole);
  std::vector<float> parts = dropped(0.5f, 1, whole);
  std::ranges::copy(dropped(0.5f, 3, {.training = true, .step = 3, .first_row = 1}),
                    std::back_inserter(parts));
  EXPECT_EQ(parts, batch);
  EXPECT_NE(dropped(0.5f, 4, {.training = true, .step = 4, .first_row = 0}), batch);
  EXPECT_NE(dropped(0.5f, 4, whole, 6), batch);
  const std::span<const float> rows(batch);
  EXPECT_FALSE(std::ranges::equal(rows.first(kValues), rows.subspan(kValues, kValues)));
}

// Two micro-batches, in an order in which the second's backward comes before the first's, or not.
std::vector<float> trained(const LayerSpec& layer, bool crossing) {
  StageSpec spec = example_stage(layer, {3, 5}, 2);
  Stage stage(spec);
  std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());
  Pass first = stage.make_pass(), second = stage.make_pass();
  std::vector<float> x = draw(30, 2), x2 = draw(30, 3), dy = draw(30, 4), dy2 = draw(30, 5);
  std::vector<float> all;
  const auto keep = [&](ConstBytes bytes) {
    std::ranges::copy(floats_in(bytes), std::back_inserter(all));
  };
  const Occasion one{.training = true, .step = 1, .first_row = 0};
  const Occasion two{.training = true, .step = 1, .first_row = 2};
  keep(stage.forward(first, writable(x), 2, one));
  if (!crossing) {
    keep(stage.input_gradient(first, writable(dy)));
    stage.accumulate(first);
  }
  keep(stage.forward(second, writable(x2), 2, two));
  if (crossing) {
    const auto dx2 = floats_in(stage.input_gradient(second, writable(dy2)));
    const std::vector<float> later(dx2.begin(), dx2.end());
    keep(stage.input_gradient(first, writable(dy)));
    stage.accumulate(first);
    std::ranges::copy(later, std::back_inserter(all));
  } else {
    keep(stage.input_gradient(second, writable(dy2)));
  }
  stage.accumulate(second);
  std::ranges::copy(stage.gradients(), std::back_inserter(all));
  std::ranges::sort(all);  // outputs come in another order
  return all;
}

TEST(Recompute, GivesTheSameBitsInLessMemory) {
  const std::vector<LayerSpec> layers{LinearSpec(50), ReluSpec(), DropoutSpec(0.5f), LinearSpec(5),
                                      ReluSpec()};
  const auto expect_same = [](const LayerSpec& kept, const LayerSpec& computed) {
    EXPECT_EQ(trained(computed, false), trained(kept, false));
    EXPECT_EQ(trained(computed, true), trained(kept, true));
    EXPECT_EQ(trained(computed, true), trained(computed, false));
    const Stage small(example_stage(computed, {3, 5}, 8)), large(example_stage(kept, {3, 5}, 8));
    EXPECT_LT(small.pass_bytes(), large.pass_bytes() / 2);
    EXPECT_GT(small.scratch_bytes(), large.scratch_bytes());
  };
  expect_same(ResidualSpec(layers), ResidualSpec(layers, {}, true));
  expect_same(ResidualSpec(layers, {LinearSpec(5), DropoutSpec()}),
              ResidualSpec(layers, {LinearSpec(5), DropoutSpec()}, true));
  expect_same(SequentialSpec(layers), SequentialSpec(layers, true));
}

// Keys of layers within a layer differ from each other.
TEST(Residual, DrawsAnewForEachOfItsLayers) {
  Stage stage(example_stage(ResidualSpec({DropoutSpec()}, {DropoutSpec()}), {kValues}, 1));
  Pass pass = stage.make_pass();
  std::vector<float> ones(kValues, 1);
  const auto y = floats_in(stage.forward(pass, writable(ones), 1, {.training = true}));
  EXPECT_GT(std::ranges::count(y, 2.0f), 300);
  EXPECT_GT(std::ranges::count(y, 0.0f), 100);
  EXPECT_GT(std::ranges::count(y, 4.0f), 100);
}

}  // namespace
}  // namespace mixnn
