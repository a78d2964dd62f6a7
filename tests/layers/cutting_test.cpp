#include "mixnn/layers/cutting.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn {
namespace {

// Linear layers of these widths, each with a relu behind it, and a flatten before them.
ModelSpec chain_of(const std::vector<int>& widths) {
  nlohmann::json layers = {{{"type", "flatten"}}};
  for (const int width : widths) {
    layers.push_back({{"type", "linear"}, {"out_features", width}});
    layers.push_back({{"type", "relu"}});
  }
  const nlohmann::json json = {{"name", "chain"},
                               {"input", {{"shape", {4, 16}}, {"scale", 1}}},
                               {"loss", "cross_entropy"},
                               {"layers", layers}};
  return parse_model(json.dump(), "chain");
}

std::string layers_text(const ModelSpec& model) {
  std::string all;
  for (const auto& stage : model.stages)
    for (const LayerSpec& layer : stage) all += layer_to_json(layer).dump();
  return all;
}

std::vector<std::size_t> ends_of(const std::vector<int>& widths, std::size_t stages) {
  const ModelSpec model = chain_of(widths);
  return best_cut(model.stages[0], model.input_shape, stages).ends;
}

TEST(Cutting, EqualLayersAreSharedEvenlyAndCutBehindTheirActivations) {
  EXPECT_EQ(ends_of({64, 64, 64, 64, 64, 64}, 1), (std::vector<std::size_t>{13}));
  EXPECT_EQ(ends_of({64, 64, 64, 64, 64, 64}, 2), (std::vector<std::size_t>{7, 13}));
  EXPECT_EQ(ends_of({64, 64, 64, 64, 64, 64}, 3), (std::vector<std::size_t>{5, 9, 13}));
}

TEST(Cutting, AvoidsALargeTensorWhereTheWorkAllows) {
  // 2048 values behind the second layer would travel; before and behind it there are 64.
  const ModelSpec model = chain_of({64, 2048, 64, 64});
  const Cut cut = best_cut(model.stages[0], model.input_shape, 2);
  EXPECT_EQ(cut.largest_boundary, 64u);
  EXPECT_EQ(cut.costs.size(), 2u);
}

TEST(Cutting, BalancesHeavyLayersWhateverTravels) {
  // The products of 4096 x 4096 are worth more than a tensor of 4096 values.
  EXPECT_EQ(ends_of({4096, 4096, 4096, 10}, 2), (std::vector<std::size_t>{5, 9}));
}

TEST(Cutting, TheStagesAreTheLayersOfTheModelInTheirOrder) {
  ModelSpec model = chain_of({32, 16, 8});
  const std::string whole = layers_text(model);
  cut_into(model, best_cut(model.stages[0], model.input_shape, 3));
  EXPECT_EQ(model.stages.size(), 3u);
  EXPECT_EQ(layers_text(model), whole);
}

TEST(Cutting, AtMostOneStageForEachLayerWithParameters) {
  const ModelSpec model = chain_of({8, 4});
  EXPECT_EQ(most_stages(model.stages[0], model.input_shape), 2u);
  const Cut cut = best_cut(model.stages[0], model.input_shape, 2);
  EXPECT_EQ(cut.ends, (std::vector<std::size_t>{3, 5}));
}

TEST(Cutting, LeavesWhatTheOwnerKeepsAsItIs) {
  nlohmann::json layers = {{{"type", "flatten"}, {"at", "owner"}}};
  for (const int width : {32, 32, 32, 8})
    layers.push_back({{"type", "linear"}, {"out_features", width}});
  layers.back()["at"] = "owner";
  ModelSpec model = parse_model(nlohmann::json{{"name", "ends"},
                                               {"input", {{"shape", {4, 16}}, {"scale", 1}}},
                                               {"loss", "cross_entropy"},
                                               {"layers", layers}}
                                    .dump(),
                                "ends");
  const std::string before = layers_text(model);
  const auto [open, input] = open_layers(model);
  EXPECT_EQ(open.size(), 3u);
  EXPECT_EQ(input, (Shape{64}));
  EXPECT_EQ(most_stages(open, input), 3u);
  cut_into(model, best_cut(open, input, 3));
  EXPECT_EQ(model.stages.size(), 5u);
  EXPECT_EQ(model.hosted_stages(), 3u);
  EXPECT_EQ(layers_text(model), before);
}

}  // namespace
}  // namespace mixnn
