#include "mixnn/layers/composite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/weak_cuts.hpp"

namespace mixnn {
namespace {

ModelSpec model_of(const std::string& layers) {
  return parse_model(R"({"name": "m", "input": {"shape": [4], "scale": 1}, "loss": )"
                     R"("cross_entropy", "stages": [{"layers": [)" +
                         layers + R"(, {"type": "linear", "out_features": 3}]}]})",
                     "m.json");
}

std::string refusal_of(const std::string& layers) {
  try {
    model_of(layers);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

constexpr const char* kBlock =
    R"({"type": "residual", "layers": [{"type": "relu"}, {"type": "linear", "out_features": 4}]})";

TEST(Repeat, StandsForCopies) {
  const std::string block = kBlock, repeated = R"({"repeat": 2, "layers": [)" + block + "]}";
  const auto json_of = [](const std::string& layers) {
    return layers_to_json(model_of(layers).stages[0]);
  };
  EXPECT_EQ(json_of(repeated), json_of(block + "," + block));
  EXPECT_EQ(json_of(R"({"repeat": 3, "layers": [)" + repeated + R"(, {"type": "tanh"}]})"),
            json_of(block + "," + block + R"(, {"type": "tanh"},)" + block + "," + block +
                    R"(, {"type": "tanh"},)" + block + "," + block + R"(, {"type": "tanh"})"));
  EXPECT_EQ(json_of(R"({"type": "sequential", "layers": [)" + repeated + "]}"),
            json_of(R"({"type": "sequential", "layers": [)" + block + "," + block + "]}"));
}

TEST(Repeat, RefusesWhatIsWrongAndSaysWhere) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal_of(R"({"repeat": 0, "layers": [{"type": "relu"}]})"),
              HasSubstr("m.json: stages[0].layers[0].repeat: must be between 1 and 1024, got 0"));
  EXPECT_THAT(refusal_of(R"({"repeat": 2})"), HasSubstr("stages[0].layers[0].layers: is missing"));
  EXPECT_THAT(refusal_of(R"({"repeat": 1000, "layers": [{"type": "relu"}, {"type": "tanh"}]})"),
              HasSubstr("stages[0].layers[0]: brings the layers to more than 1024"));
  EXPECT_THAT(refusal_of(R"({"repeat": 2, "layers": [{"type": "reluu"}]})"),
              HasSubstr("stages[0].layers[0].layers[0].type: unknown layer type"));
}

TEST(Residual, RefusesWhatDoesNotFitAndSaysWhere) {
  using testing::HasSubstr;
  EXPECT_THAT(
      refusal_of(R"({"type": "residual", "layers": [{"type": "linear", "out_features": 5}]})"),
      HasSubstr("stages[0].layers[0]: residual adds what its layers give, [5], to [4], its input"));
  EXPECT_THAT(refusal_of(R"({"type": "residual", "layers": [{"type": "relu"}], "shortcut": )"
                         R"([{"type": "linear", "out_features": 2}]})"),
              HasSubstr("[4], to [2], what its shortcut gives; the shapes must be the same"));
  EXPECT_THAT(refusal_of(R"({"type": "residual", "layers": [{"type": "relu"}, )"
                         R"({"type": "self_attention", "num_heads": 2}]})"),
              HasSubstr("layers[0]: layers[1]: self_attention takes two dimensions"));
  EXPECT_THAT(refusal_of(R"({"type": "residual", "layers": [{"type": "embedding", )"
                         R"("num_embeddings": 4, "embedding_dim": 2}]})"),
              HasSubstr("layers[0]: layers[0]: embedding cannot be within another layer"));
  EXPECT_THAT(refusal_of(R"({"type": "residual", "layers": []})"),
              HasSubstr("stages[0].layers[0].layers: must not be empty"));
}

TEST(Residual, NamesItsParametersAsPyTorchDoes) {
  const LayerSpec layer =
      model_of(R"({"type": "residual", "layers": [{"type": "relu"}, )" + std::string(kBlock) +
               R"(], "shortcut": [{"type": "layer_norm"}]})")
          .stages[0][0];
  std::vector<std::string> names;
  for (const ParameterTensor& tensor : layer->parameter_tensors({4})) names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"layers.1.layers.1.weight", "layers.1.layers.1.bias",
                                             "shortcut.0.weight", "shortcut.0.bias"}));
}

// A stage of one block is not as easily solved for as one of a single matrix.
TEST(WeakCuts, CountTheMatricesWithinALayer) {
  const auto between = [](const std::string& layers) {
    ModelSpec model = model_of(layers);
    std::vector<LayerSpec> middle{model.stages[0][0]}, end{model.stages[0][1]};
    model.stages = {middle, middle, end};
    return weak_cuts(model).solvable.size();
  };
  EXPECT_EQ(between(kBlock), 1u);
  EXPECT_EQ(
      between(R"({"type": "residual", "layers": [)" + std::string(kBlock) + "," + kBlock + "]}"),
      0u);
}

}  // namespace
}  // namespace mixnn
