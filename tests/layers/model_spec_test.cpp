#include "mixnn/layers/model_spec.hpp"
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/tied.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

std::string model(const std::string& stages) {
  return R"({"name": "m", "input": {"shape": [1, 4, 4], "scale": 0.5}, "loss": "cross_entropy", )"
         R"("stages": )" +
         stages + "}";
}

constexpr const char* kGood =
    R"([{"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 8}]},
        {"layers": [{"type": "relu"}, {"type": "linear", "out_features": 3}]}])";

std::string error_of(const std::string& text) {
  try {
    parse_model(text, "m.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Model, ReadsWhatItSays) {
  const ModelSpec m = parse_model(model(kGood), "m.json");
  EXPECT_EQ(m.name, "m");
  EXPECT_EQ(m.input_scale, 0.5f);
  EXPECT_EQ(m.criterion().values(), 3u);
  EXPECT_EQ(m.boundaries(), (std::vector<Shape>{{1, 4, 4}, {8}, {3}}));
  const StageSpec first = m.stage(0, 32, Sgd{0.9f, 0.01f}), last = m.stage(1, 32, Sgd{0.9f, 0.01f});
  EXPECT_EQ(first.input_type, ElementType::kUint8);
  EXPECT_FALSE(first.input_gradient);
  EXPECT_TRUE(last.input_gradient);
  EXPECT_EQ(first.scale, 0.5f);
  EXPECT_EQ(first.input_bytes(32), 32u * 16u);
  EXPECT_EQ(first.output_bytes(32), 32u * 8u * 4u);
  EXPECT_EQ(first.parameter_count(), 8u * 17u);
  EXPECT_EQ(last.input_type, ElementType::kFloat32);
  EXPECT_EQ(last.input_bytes(2), 2u * 8u * 4u);
  const StageSpec first_half = m.stage(0, 32, {}, ElementType::kBfloat16),
                  last_half = m.stage(1, 32, {}, ElementType::kBfloat16);
  EXPECT_EQ(first_half.input_bytes(32), 32u * 16u) << "raw inputs stay bytes";
  EXPECT_EQ(first_half.output_bytes(32), 32u * 8u * 2u);
  EXPECT_EQ(last_half.input_bytes(2), 2u * 8u * 2u);
  EXPECT_EQ(last_half.output_bytes(2), 2u * 3u * 2u);
  const StageSpec first_int8 = m.stage(0, 32, {}, ElementType::kInt8),
                  last_int8 = m.stage(1, 32, {}, ElementType::kInt8);
  EXPECT_EQ(first_int8.input_bytes(32), 32u * 16u) << "raw inputs have no scales";
  EXPECT_EQ(first_int8.output_bytes(32), 32u * (8u + 4u));
  EXPECT_EQ(last_int8.input_bytes(2), 2u * (8u + 4u));
  EXPECT_EQ(last_int8.output_bytes(2), 2u * (3u + 4u));
  EXPECT_EQ(last.parameter_count(), 3u * 9u);
}

struct Bad {
  std::string from, to;  // in the good model
  std::string error;
};

std::string known_types() {
  std::string known;
  for (const LayerKind* kind : layer_kinds())
    known += (known.empty() ? "" : ", ") + std::string(kind->type);
  return known;
}

TEST(Model, RefusesWhatIsWrongAndSaysWhere) {
  const std::vector<Bad> table = {
      {"\"out_features\": 3", "\"out_features\": 0",
       "m.json: stages[1].layers[1].out_features: must be between 1 and 65536, got 0"},
      {"\"out_features\": 3", "\"out_features\": -2",
       "stages[1].layers[1].out_features: must be between 1 and 65536"},
      {"\"out_features\": 3", "\"out_features\": 65537",
       "stages[1].layers[1].out_features: must be between"},
      {"\"out_features\": 3", "\"out_features\": 18446744073709551615",
       "stages[1].layers[1].out_features: must be between 1 and 65536, got 18446744073709551615"},
      {"\"out_features\": 3", "\"out_features\": 1e30",
       "stages[1].layers[1].out_features: must be an integer"},
      {"\"out_features\": 3", "\"out_features\": 3.0",
       "stages[1].layers[1].out_features: must be an integer"},
      {"\"out_features\": 3", "\"out_features\": \"3\"",
       "stages[1].layers[1].out_features: must be an integer"},
      {"\"out_features\": 3", "\"out_features\": true",
       "stages[1].layers[1].out_features: must be an integer"},
      {"\"out_features\": 3", "\"out_features\": 3, \"biases\": false",
       "m.json: stages[1].layers[1]: unknown key \"biases\"; known here: type, out_features, bias"},
      {", \"out_features\": 3", "", "m.json: stages[1].layers[1].out_features: is missing"},
      {"\"type\": \"relu\"", "\"type\": \"brelu\"",
       "m.json: stages[1].layers[0].type: unknown layer type \"brelu\"; known: " + known_types()},
      {"\"type\": \"relu\"", "\"type\": 7", "stages[1].layers[0].type: must be a string"},
      {"\"type\": \"relu\"", "\"kind\": \"relu\"", "stages[1].layers[0].type: is missing"},
      {"\"type\": \"relu\"", "\"type\": \"relu\", \"inplace\": true",
       "stages[1].layers[0]: unknown key \"inplace\""},
      {"{\"type\": \"relu\"}", "\"relu\"", "stages[1].layers[0]: must be an object, got string"},
      {"{\"type\": \"flatten\"}, ", "",
       "m.json: stages[0].layers[0]: linear takes one or two dimensions, but gets [1, 4, 4]"},
      {"\"out_features\": 3", "\"out_features\": 1",
       "stages: the last stage must give 2 to 65536 classes, but gives [1]"},
      {"[1, 4, 4]", "[]", "m.json: input.shape: must not be empty"},
      {"[1, 4, 4]", "[1, 0]", "m.json: input.shape[1]: must be between 1 and 65536, got 0"},
      {"[1, 4, 4]", "16", "m.json: input.shape: must be an array"},
      {"[1, 4, 4]", "[1, 1, 1, 1, 1]", "input.shape: must have at most 4 items, got 5"},
      {"[1, 4, 4]", "[65536, 65536, 65536, 65536]",
       "input.shape: must have at most 16777216 elements"},
      {"\"scale\": 0.5", "\"scale\": \"big\"", "m.json: input.scale: must be a number"},
      {"\"scale\": 0.5", "\"scale\": null", "m.json: input.scale: must be a number, got null"},
      {"\"scale\": 0.5", "\"scale\": 1e39", "m.json: input.scale: must be a finite number"},
      {"\"scale\": 0.5", "\"scale\": 1e999", "m.json: not valid JSON: number overflow"},
      {"\"scale\": 0.5", "\"scale\": 0", "m.json: input.scale: must not be 0"},
      {", \"scale\": 0.5", "", "m.json: input.scale: is missing"},
      {"cross_entropy", "l1",
       "m.json: loss: must be \"cross_entropy\", \"mse\" or \"binary_cross_entropy\", got \"l1\""},
      {"\"cross_entropy\"", R"({"type": "l1"})", "m.json: loss.type: must be \"cross_entropy\", "},
      {"\"cross_entropy\"", R"({"label_smoothing": 0.1})", "m.json: loss.type: is missing"},
      {"\"cross_entropy\"", R"({"type": "mse", "label_smoothing": 0.1})",
       "m.json: loss: unknown key \"label_smoothing\"; known here: type"},
      {"\"cross_entropy\"", R"({"type": "cross_entropy", "label_smoothing": 1})",
       "m.json: loss.label_smoothing: must be at least 0.0 and below 1.0, got 1"},
      {"\"cross_entropy\"", R"({"type": "cross_entropy", "class_weights": [1, 0, 2]})",
       "m.json: loss.class_weights[1]: must be above 0, got 0"},
      {"\"cross_entropy\"", R"({"type": "cross_entropy", "class_weights": [1, 2]})",
       "m.json: stages: the loss has 2 class weights, but the model has 3 classes"},
      {"\"loss\": \"cross_entropy\", ", "", "m.json: loss: is missing"},
      {"\"name\": \"m\"", "\"name\": 1", "m.json: name: must be a string"},
      {"\"name\": \"m\"", "\"name\": \"m\", \"name\": \"n\"", "m.json: key \"name\" stands twice"},
      {"\"name\": \"m\"", "\"name\": \"m\", \"lr\": 1", "m.json: unknown key \"lr\""},
  };
  for (const Bad& bad : table) {
    SCOPED_TRACE(bad.to);
    EXPECT_THAT(error_of(replaced(model(kGood), bad.from, bad.to)), HasSubstr(bad.error));
  }
}

TEST(Model, MayNameItsOptimizer) {
  const std::string plain = model(kGood);
  EXPECT_EQ(parse_model(plain, "m.json").optimizer, std::nullopt);
  const auto with = [&](const std::string& optimizer) {
    return replaced(plain, "\"loss\"", "\"optimizer\": " + optimizer + ", \"loss\"");
  };
  const std::string sgd = R"({"type": "sgd", "momentum": 0.75, "weight_decay": 0.5})";
  EXPECT_EQ(parse_model(with(sgd), "m.json").optimizer, Optimizer(Sgd{0.75f, 0.5f}));
  EXPECT_THAT(error_of(with(R"({"type": "lbfgs"})")),
              HasSubstr("m.json: optimizer.type: unknown optimizer \"lbfgs\"; known: "));
  EXPECT_THAT(error_of(with(R"("sgd")")), HasSubstr("m.json: optimizer: must be an object"));
}

TEST(Model, RefusesBrokenDocuments) {
  EXPECT_THAT(error_of("{\n  \"name\": \"m\",\n  oops}"),
              HasSubstr("m.json: line 3, column 3: not valid JSON: "));
  EXPECT_THAT(error_of(""), HasSubstr("m.json: line 1, column 1: not valid JSON"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("m.json: must be an object, got array"));
  EXPECT_THAT(error_of(model(kGood) + " x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("{\"name\": \"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of(std::string(100000, '[')), HasSubstr("not valid JSON"));
}

TEST(Model, RefusesEmptyStages) {
  EXPECT_THAT(error_of(model("[]")), HasSubstr("m.json: stages: must not be empty"));
  EXPECT_THAT(error_of(model("{}")), HasSubstr("m.json: stages: must be an array, got object"));
  EXPECT_THAT(error_of(model("[{\"layers\": []}]")),
              HasSubstr("m.json: stages[0].layers: must not be empty"));
  EXPECT_THAT(error_of(model("[{}]")), HasSubstr("m.json: stages[0].layers: is missing"));
  EXPECT_THAT(error_of(model("[[]]")),
              HasSubstr("m.json: stages[0]: must be an object, got array"));
  EXPECT_THAT(error_of(model("[{\"layers\": [{\"type\": \"relu\"}]}]")),
              HasSubstr("the last stage must give 2 to 65536 classes, but gives [1, 4, 4]"));
}

TEST(Model, RefusesAStageTooLargeForAnyMemory) {
  EXPECT_THAT(
      error_of(model(R"([{"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 65536},
                                              {"type": "linear", "out_features": 65536}]}])")),
      HasSubstr("m.json: stages[0].layers[2]: brings the stage to"));
}

TEST(Model, RefusesImagesThatALayerCannotTake) {
  const auto problem = [](const std::string& layer) {
    return error_of(model(R"([{"layers": [)" + layer + "]}]"));
  };
  EXPECT_THAT(problem(R"({"type": "flatten"}, {"type": "group_norm", "num_groups": 2})"),
              HasSubstr("group_norm takes images [channels, height, width], but gets [16]"));
  EXPECT_THAT(problem(R"({"type": "conv2d", "out_channels": 1, "kernel_size": [5, 2]})"),
              HasSubstr("stages[0].layers[0]: conv2d has a kernel larger than its padded images"));
  EXPECT_THAT(problem(R"({"type": "conv2d", "out_channels": 4, "kernel_size": 1, "groups": 2})"),
              HasSubstr("takes a multiple of 2 channels"));
  EXPECT_THAT(problem(R"({"type": "conv2d", "out_channels": 3, "kernel_size": 1, "groups": 2})"),
              HasSubstr("out_channels must be a multiple of groups"));
  EXPECT_THAT(problem(R"({"type": "conv2d", "out_channels": 3, "kernel_size": [1, 1, 1]})"),
              HasSubstr("kernel_size: must have at most 2 items, got 3"));
  EXPECT_THAT(
      problem(R"({"type": "conv2d", "out_channels": 65536, "kernel_size": 1, "padding": 9})"),
      HasSubstr("more than 16777216 values"));
  EXPECT_THAT(problem(R"({"type": "avg_pool2d", "kernel_size": 3, "padding": 2})"),
              HasSubstr("padding: must be at most half of kernel_size"));
  EXPECT_THAT(problem(R"({"type": "max_pool2d", "kernel_size": 2, "padding": 1, "dilation": 5})"),
              HasSubstr("max_pool2d has windows beside its images"));
}

TEST(Model, ShippedModelsAreGoodAndMissingFilesAreNamed) {
  const std::string folder = std::string(MIXNN_SOURCE_DIR) + "/models/";
  const auto widths = [&](const std::string& name) {
    std::vector<std::int64_t> all;
    for (const Shape& shape : load_model(folder + name).boundaries())
      all.push_back(element_count(shape));
    return all;
  };
  EXPECT_EQ(widths("mlp.json"), (std::vector<std::int64_t>{784, 128, 64, 10}));
  EXPECT_EQ(widths("wide.json"), (std::vector<std::int64_t>{784, 1024, 1024, 1024, 10}));
  EXPECT_EQ(widths("deep.json"),
            (std::vector<std::int64_t>{784, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 10}));
  EXPECT_EQ(widths("digits.json"), (std::vector<std::int64_t>{64, 64, 32, 10}));
  EXPECT_EQ(widths("lenet5.json"), (std::vector<std::int64_t>{784, 400, 10}));
  EXPECT_EQ(widths("cnn.json"), (std::vector<std::int64_t>{784, 3136, 10}));
  EXPECT_THROW(
      {
        try {
          load_model(folder + "none.json");
        } catch (const UsageError& error) {
          EXPECT_THAT(error.what(), HasSubstr("models/none.json: no such file"));
          throw;
        }
      },
      UsageError);
  EXPECT_THROW(load_model(folder), UsageError);
}

bool same(const StageSpec& a, const StageSpec& b) {
  return stage_spec_to_json(a) == stage_spec_to_json(b) && a.input_type == b.input_type &&
         a.output_type == b.output_type && a.input_gradient == b.input_gradient &&
         a.scale == b.scale && a.input_shape == b.input_shape &&
         a.layers.size() == b.layers.size() && a.max_rows == b.max_rows &&
         a.optimizer == b.optimizer && a.output_shape() == b.output_shape();
}

TEST(StageSpec, SurvivesItsJson) {
  const ModelSpec m = parse_model(model(kGood), "m.json");
  for (const ElementType wire : {ElementType::kFloat32, ElementType::kBfloat16, ElementType::kInt8})
    for (const std::size_t s : {0, 1}) {
      StageSpec spec = m.stage(s, 33, Sgd{0.9f, 0.1f / 3}, wire);
      if (s == 0) spec.scale = 1.0f / 255;
      EXPECT_TRUE(same(stage_spec_from_json(stage_spec_to_json(spec)), spec));
    }
}

// P1 and P2: neither name, number or position of stages, nor anything of the neighbours, reaches a
// host.
TEST(StageSpec, JsonHoldsNothingElse) {
  const ModelSpec m = parse_model(model(kGood), "m.json");
  EXPECT_EQ(
      stage_spec_to_json(m.stage(1, 32, Sgd{0.5f, 0.25f})),
      R"({"input":{"shape":[8]},"layers":[{"type":"relu"},{"out_features":3,"type":"linear"}],)"
      R"("max_rows":32,"momentum":0.5,"weight_decay":0.25})");
  EXPECT_EQ(stage_spec_to_json(m.stage(0, 32, Sgd{0.5f, 0.25f})),
            R"({"input":{"scale":0.5,"shape":[1,4,4]},)"
            R"("layers":[{"type":"flatten"},{"out_features":8,"type":"linear"}],)"
            R"("max_rows":32,"momentum":0.5,"weight_decay":0.25})");
}

TEST(StageSpec, JsonNamesTheTypeOfActivationsOnlyWhereItIsNotFloat) {
  const ModelSpec m = parse_model(model(kGood), "m.json");
  for (const ElementType wire : {ElementType::kBfloat16, ElementType::kInt8}) {
    const std::string text = stage_spec_to_json(m.stage(1, 32, Sgd{0.5f, 0.25f}, wire));
    EXPECT_EQ(
        text,
        R"({"input":{"shape":[8]},"layers":[{"type":"relu"},{"out_features":3,"type":"linear"}],)"
        R"("max_rows":32,"momentum":0.5,"weight_decay":0.25,"wire":")" +
            to_string(wire) + R"("})");
    for (const std::string other : {"float32", "uint8", "int4"})
      EXPECT_THROW(stage_spec_from_json(replaced(text, to_string(wire), other)), RunError);
  }
}

TEST(StageSpec, ReadsAnOptimizerInThePlaceOfTheSettingsOfSgd) {
  const StageSpec spec = parse_model(model(kGood), "m.json").stage(1, 32, Sgd{0.5f, 0.25f});
  const std::string sgd = R"("momentum":0.5,"weight_decay":0.25)",
                    object = R"("optimizer":{"type":"sgd",)" + sgd + "}",
                    text = stage_spec_to_json(spec);
  EXPECT_TRUE(same(stage_spec_from_json(replaced(text, sgd, object)), spec));
  EXPECT_THROW(stage_spec_from_json(replaced(text, sgd, sgd + "," + object)), RunError);
  EXPECT_THROW(stage_spec_from_json(replaced(text, "," + sgd, "")), RunError);
}

TEST(StageSpec, JsonNamesTheTypeOfRawInputsOnlyIfTheyAreNotBytes) {
  ModelSpec m = parse_model(model(kGood), "m.json");
  for (const ElementType type : {ElementType::kUint16, ElementType::kFloat32}) {
    m.input_type = type;
    const StageSpec spec = m.stage(0, 32);
    const std::string text = stage_spec_to_json(spec);
    EXPECT_THAT(text, HasSubstr(R"({"input":{"scale":0.5,"shape":[1,4,4],"type":")" +
                                to_string(type) + R"("})"));
    EXPECT_TRUE(same(stage_spec_from_json(text), spec));
    for (const std::string other : {"complex", "int8"})
      EXPECT_THROW(stage_spec_from_json(replaced(text, to_string(type), other)), RunError) << other;
    EXPECT_EQ(stage_spec_to_json(m.stage(1, 32)).find("type\":\"" + to_string(type)),
              std::string::npos);
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Model, JsonNestedVeryDeepEndedTheProgramWithoutAWord) {
  EXPECT_EQ(error_of(std::string(100'000, '[')),
            "m.json: line 1, column 129: not valid JSON: nested more than 128 deep");
  EXPECT_EQ(error_of("\n " + nested(100'000)),
            "m.json: line 2, column 130: not valid JSON: nested more than 128 deep");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(error_of(objects + "1" + std::string(100'000, '}')), HasSubstr("nested more than"));
  EXPECT_THAT(error_of(replaced(model(kGood), "0.5", nested(100'000))),
              HasSubstr("nested more than 128 deep"));
  EXPECT_THAT(error_of(replaced(model(kGood), "0.5", nested(100))), HasSubstr("must be a number"));
  EXPECT_EQ(error_of(replaced(model(kGood), "\"m\"", '"' + std::string(500, '[') + "\\\"[\"")),
            "accepted")
      << "brackets within a string";
}

TEST(StageSpec, JsonNestedVeryDeepEndedAHostWithoutAWord) {
  const std::string good =
      stage_spec_to_json(parse_model(model(kGood), "m.json").stage(1, 32, Sgd{0.5f, 0.25f}));
  try {
    stage_spec_from_json(replaced(good, "\"max_rows\":32", "\"max_rows\":" + nested(100'000)));
    ADD_FAILURE() << "accepted";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nested more than 128 deep"));
  }
}

TEST(StageSpec, MalformedJsonIsAFailedRun) {
  const std::string good =
      stage_spec_to_json(parse_model(model(kGood), "m.json").stage(1, 32, Sgd{0.5f, 0.25f}));
  EXPECT_NO_THROW(stage_spec_from_json(good));
  EXPECT_THROW(stage_spec_from_json("{"), RunError);
  EXPECT_THROW(stage_spec_from_json(replaced(good, "\"max_rows\":32", "\"max_rows\":0")), RunError);
  EXPECT_THROW(
      stage_spec_from_json(replaced(good, "\"max_rows\":32", "\"max_rows\":32,\"rank\":3")),
      RunError);
  EXPECT_THROW(stage_spec_from_json(replaced(good, "[8]", "[2,2,2]")), RunError);
  EXPECT_NO_THROW(stage_spec_from_json(
      replaced(good, "\"max_rows\":32", "\"max_rows\":32,\"wire\":\"bfloat16\"")));
  EXPECT_THROW(
      stage_spec_from_json(replaced(good, "\"max_rows\":32", "\"max_rows\":32,\"wire\":\"uint8\"")),
      RunError);
}

// Three stages or layers, of which these are at the owner.
std::string with_ends(const std::string& key, const std::vector<int>& own) {
  std::string items;
  for (int i = 0; i < 3; ++i) {
    const std::string at = std::ranges::count(own, i) > 0 ? R"(, "at": "owner")" : "";
    const std::string layer = R"({"type": "linear", "out_features": )" + std::to_string(i + 2);
    items += (i > 0 ? ", " : "") +
             (key == "stages" ? R"({"layers": [)" + layer + "}]" + at + "}" : layer + at + "}");
  }
  return R"({"name": "m", "input": {"shape": [4], "scale": 1}, "loss": "cross_entropy", ")" + key +
         R"(": [)" + items + "]}";
}

TEST(Model, KeepsAnyOfTheFirstAndTheLastStagesAtTheOwner) {
  for (const auto& [own, is] : {std::pair{std::vector<int>{}, OwnStages{0, 0}},
                                {std::vector<int>{0}, OwnStages{1, 0}},
                                {std::vector<int>{2}, OwnStages{0, 1}},
                                {std::vector<int>{0, 2}, OwnStages{1, 1}},
                                {std::vector<int>{0, 1}, OwnStages{2, 0}},
                                {std::vector<int>{1, 2}, OwnStages{0, 2}}}) {
    const ModelSpec m = parse_model(with_ends("stages", own), "m.json");
    EXPECT_EQ(m.own, is);
    EXPECT_EQ(m.hosted_stages(), 3 - own.size());
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(stage_spec_to_json(m.stage(i, 1)),
                stage_spec_to_json(parse_model(with_ends("stages", {}), "m").stage(i, 1)));
  }
}

TEST(Model, OfLayersHasAStageForTheOwnersFirstAndOneForItsLast) {
  const auto sizes = [](const std::vector<int>& own) {
    const ModelSpec m = parse_model(with_ends("layers", own), "m.json");
    std::vector<std::size_t> all{m.own.first, m.own.last};
    for (const auto& stage : m.stages) all.push_back(stage.size());
    return all;
  };
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes({}), (Sizes{0, 0, 3}));
  EXPECT_EQ(sizes({0}), (Sizes{1, 0, 1, 2}));
  EXPECT_EQ(sizes({2}), (Sizes{0, 1, 2, 1}));
  EXPECT_EQ(sizes({0, 2}), (Sizes{1, 1, 1, 1, 1}));
  EXPECT_EQ(sizes({0, 1}), (Sizes{1, 0, 2, 1}));
}

TEST(Model, CountsTheCopiesOfRepeatedLayersAtTheOwner) {
  const ModelSpec m = parse_model(
      R"({"name": "m", "input": {"shape": [4], "scale": 1}, "loss": "cross_entropy", "layers": [
          {"repeat": 2, "at": "owner", "layers": [
            {"type": "relu"}, {"repeat": 3, "layers": [{"type": "linear", "out_features": 5}]}]},
          {"type": "linear", "out_features": 6}, {"type": "tanh", "at": "owner"}]})",
      "m.json");
  ASSERT_EQ(m.stages.size(), 3u);
  EXPECT_EQ(m.stages[0].size(), 8u);
  EXPECT_EQ(m.stages[1].size(), 1u);
  EXPECT_EQ(m.stages[2][0]->type(), "tanh");
}

TEST(Model, RefusesOtherPlacesThanTheOwnersEnds) {
  for (const std::string key : {"stages", "layers"}) {
    EXPECT_THAT(error_of(with_ends(key, {1})),
                HasSubstr("m.json: " + key + "[1]: is at the owner, between others that are not"));
    EXPECT_THAT(error_of(with_ends(key, {0, 1, 2})),
                HasSubstr("m.json: " + key + ": leaves nothing to the hosts"));
    EXPECT_THAT(error_of(replaced(with_ends(key, {2}), "\"owner\"", "\"host\"")),
                HasSubstr(key + "[2].at: must be \"owner\", got \"host\""));
    EXPECT_THAT(error_of(replaced(with_ends(key, {0}), "\"owner\"", "7")),
                HasSubstr(key + "[0].at: must be a string"));
  }
  EXPECT_THAT(
      error_of(replaced(model(kGood), R"("type": "relu")", R"("type": "relu", "at": "owner")")),
      HasSubstr("stages[1].layers[0]: unknown key \"at\""));
}

// An embedding of five tokens in four features, and layers behind it.
std::string tied_model(const std::string& last,
                       const std::string& first_at = R"(, "at": "owner")") {
  return R"({"name": "m", "input": {"shape": [3], "scale": 1}, "loss": "cross_entropy",
             "tied": true, "layers": [
             {"type": "embedding", "num_embeddings": 5, "embedding_dim": 4)" +
         first_at + R"(}, {"type": "linear", "out_features": 4}, )" + last + "]}";
}

TEST(Model, TiesTheFirstTableAndTheLastWeight) {
  const std::string good = R"({"type": "linear", "out_features": 5, "bias": false, "at": "owner"})";
  EXPECT_TRUE(parse_model(tied_model(good), "m.json").tied);
  EXPECT_EQ(tied_parameters(parse_model(tied_model(good), "m.json")), 20u);
  EXPECT_FALSE(parse_model(model(kGood), "m.json").tied);
  for (const auto& [text, why] :
       {std::pair{tied_model(good, ""), "m.json: tied: needs the first and the last layer at"},
        std::pair{tied_model(replaced(good, R"(, "at": "owner")", "")), "at the owner"},
        std::pair{tied_model(replaced(good, R"(, "bias": false)", "")), "without bias"},
        std::pair{tied_model(replaced(good, "5", "6")),
                  "the table is [5, 4], the last weight [6, 4]"},
        std::pair{tied_model(good + R"(, {"type": "relu", "at": "owner"})"),
                  "a linear as the last"}})
    EXPECT_THAT(error_of(text), HasSubstr(why));
}

}  // namespace
}  // namespace mixnn
