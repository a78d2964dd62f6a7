#include "mixnn/layers/weak_cuts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mixnn/layers/model_json.hpp"

namespace mixnn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

WeakCuts cuts_of(const std::string& stages) {
  return weak_cuts(parse_model(R"({"name": "m", "input": {"shape": [16], "scale": 1.0},
                                     "loss": "cross_entropy", "stages": [)" +
                                   stages + "]}",
                               "m.json"));
}
const std::string kLinear64 = R"({"type": "linear", "out_features": 64})",
                  kLinear32 = R"({"type": "linear", "out_features": 32})",
                  kRelu = R"({"type": "relu"})";
std::string stage_of(const std::string& layers) { return R"({"layers": [)" + layers + "]}"; }

TEST(WeakCuts, AreAStageOfOneLayerBetweenOthersAndALayerThatNarrowsBehindACut) {
  const WeakCuts cuts = cuts_of(stage_of(kLinear64 + "," + kRelu) + "," +
                                stage_of(kLinear32 + "," + kRelu) + "," + stage_of(kLinear32));
  EXPECT_THAT(cuts.solvable, ElementsAre(1u));
  ASSERT_EQ(cuts.narrowing.size(), 1u);
  EXPECT_EQ(cuts.narrowing[0].stage, 0u);
  EXPECT_EQ(cuts.narrowing[0].outputs, 64);
  EXPECT_EQ(cuts.narrowing[0].next, 32);
  EXPECT_THAT(weak_cut_texts(cuts),
              ElementsAre(HasSubstr("stage 2 has one layer with parameters"),
                          HasSubstr("stage 1 has 64 outputs and the layer behind it 32")));
  EXPECT_THAT(weak_cuts_line(cuts),
              HasSubstr("stage 2 can be solved for; stage 1 sees the next width; see mixnn plan"));
}

TEST(WeakCuts, NeitherMoreLayersNorACutBeforeAnActivationAreWeak) {
  const WeakCuts cuts =
      cuts_of(stage_of(kLinear64) + "," + stage_of(kRelu + "," + kLinear32 + "," + kLinear64) +
              "," + stage_of(kLinear64));
  EXPECT_TRUE(cuts.none());
  EXPECT_TRUE(weak_cut_texts(cuts).empty());
  EXPECT_EQ(weak_cuts_line(cuts), "");
}

TEST(WeakCuts, OfOneStageAreNone) { EXPECT_TRUE(cuts_of(stage_of(kLinear32)).none()); }

TEST(WeakCuts, AreSeenBehindImagesThatAreFlattened) {
  const ModelSpec model = parse_model(
      R"({"name": "m", "input": {"shape": [1, 4, 4], "scale": 1.0}, "loss": "cross_entropy",
          "stages": [{"layers": [{"type": "conv2d", "out_channels": 4, "kernel_size": 2}]},
                     {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 9}]}]})",
      "m.json");
  const WeakCuts cuts = weak_cuts(model);
  ASSERT_EQ(cuts.narrowing.size(), 1u);
  EXPECT_EQ(cuts.narrowing[0].outputs, 36);
  EXPECT_EQ(cuts.narrowing[0].next, 9);
}

// Two hosts around a stage are needed for it, and none is beside the owner's own.
TEST(WeakCuts, AreThoseOfHostsAlone) {
  const std::string linear = stage_of(kLinear64 + "," + kRelu);
  ModelSpec model = parse_model(
      R"({"name": "m", "input": {"shape": [16], "scale": 1.0}, "loss": "cross_entropy",
          "stages": [)" +
          linear + "," + linear + "," + linear + "," + stage_of(kLinear32) + "]}",
      "m.json");
  EXPECT_THAT(weak_cuts(model).solvable, ElementsAre(1u, 2u));
  EXPECT_EQ(weak_cuts(model).narrowing.size(), 1u);
  model.own = {1, 0};
  EXPECT_THAT(weak_cuts(model).solvable, ElementsAre(2u));
  model.own = {1, 1};
  EXPECT_TRUE(weak_cuts(model).solvable.empty());
  EXPECT_EQ(weak_cuts(model).narrowing.size(), 1u);  // which the last host sees all the same
  model.own = {0, 2};
  EXPECT_TRUE(weak_cuts(model).narrowing.empty());
}

}  // namespace
}  // namespace mixnn
