#include "mixnn/layers/chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/reference_network.hpp"
#include "mixnn/base/buffer.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/fusion.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;
using testing_reference::draw_bytes;
using testing_reference::floats_in;
using testing_reference::writable;

// What a description of these tests need not say again.
class TestDescription : public LayerDescription {
 public:
  std::string_view type() const override { return "test"; }
  void write(nlohmann::json&) const override {}
  std::string shape_problem(const Shape&) const override { return {}; }
  Shape output_shape(const Shape& input) const override { return input; }
  std::vector<ParameterTensor> parameter_tensors(const Shape&) const override { return {}; }
  double multiplications(const Shape&) const override { return 0; }
};

// A layer that copies, and remembers what it is made for and called with.
struct Record {
  LayerSetting setting;
  std::vector<Occasion> occasions;
  std::vector<std::uint32_t> marks;  // that the backward finds in the workspace
  bool dx_wanted = false;
};

class RecordingLayer final : public LayerWithoutParameters {
 public:
  explicit RecordingLayer(Record& record) : record_(record) {}
  std::size_t workspace_bytes() const override { return sizeof(std::uint32_t); }
  void forward(const LayerCall& call) const override {
    std::ranges::copy(call.x.floats().values(), call.y.data);
    record_.occasions.push_back(call.occasion);
    call.work<std::uint32_t>(1)[0] = call.occasion.first_row + 100;
  }
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override {
    record_.marks.push_back(call.work<std::uint32_t>(1)[0]);
    EXPECT_EQ(call.occasion.first_row + 100, record_.marks.back());
    EXPECT_TRUE(std::ranges::equal(call.x.floats().values(), call.y.values()));
    record_.dx_wanted = !dx.empty();
    if (!dx.empty()) std::ranges::copy(dy.values(), dx.data);
  }

 private:
  Record& record_;
};

class RecordingSpec final : public TestDescription {
 public:
  explicit RecordingSpec(Record& record, bool draws = true) : record_(record), draws_(draws) {}
  bool draws() const override { return draws_; }
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override {
    record_.setting = setting;
    return std::make_unique<RecordingLayer>(record_);
  }

 private:
  Record& record_;
  bool draws_;
};

// y = the rows of a table of 256 x 3 that the bytes name.
class LookUp final : public Layer {
 public:
  void bind(std::span<float> parameters, std::span<float> gradients) override {
    table_ = parameters;
    gradients_ = gradients;
  }
  void forward(const LayerCall& call) const override {
    for (std::size_t i = 0; i < call.x.bytes().size(); ++i)
      std::ranges::copy(table_.subspan(3 * row(call, i), 3), call.y.data + 3 * i);
  }
  void input_gradient(const LayerCall&, Matrix, Matrix dx) const override {
    EXPECT_TRUE(dx.empty());
  }
  void accumulate(const LayerCall& call, ConstMatrix dy) override {
    for (std::size_t i = 0; i < dy.size(); ++i)
      gradients_[3 * row(call, i / 3) + i % 3] += dy.data[i];
  }

 private:
  static std::size_t row(const LayerCall& call, std::size_t i) { return u8(call.x.bytes())[i]; }
  std::span<float> table_, gradients_;
};

class LookUpSpec final : public TestDescription {
 public:
  bool takes_indices() const override { return true; }
  Shape output_shape(const Shape& input) const override { return {element_count(input), 3}; }
  std::vector<ParameterTensor> parameter_tensors(const Shape&) const override {
    return {{"weight", {256, 3}, uniform_within(1)}};
  }
  std::unique_ptr<Layer> make(const LayerSetting&) const override {
    return std::make_unique<LookUp>();
  }
};

StageSpec recorded_stage(std::vector<LayerSpec> layers, ElementType input) {
  StageSpec spec;
  spec.input_type = input;
  spec.input_shape = {6};
  spec.layers = std::move(layers);
  spec.keys = layer_keys(spec.layers, 5, 2);
  spec.max_rows = 3;
  return spec;
}

TEST(Chain, TellsALayerWhenItIsCalledAndKeepsItsWorkspaceInThePass) {
  Record record;
  Stage stage(
      recorded_stage({LinearSpec(5), RecordingSpec(record), LinearSpec(2)}, ElementType::kFloat32));
  EXPECT_EQ(record.setting.input, Shape{5});
  EXPECT_EQ(record.setting.max_rows, 3u);
  EXPECT_TRUE(record.setting.input_gradient);
  std::vector<float> x = draw(18, 1), dy = draw(4, 2), other_dy = draw(6, 3);
  Pass first = stage.make_pass(), second = stage.make_pass();
  stage.forward(first, writable(x).first(2 * 24), 2, {.training = true, .step = 9, .first_row = 0});
  stage.forward(second, writable(x), 3, {.training = true, .step = 9, .first_row = 2});
  stage.input_gradient(first, writable(dy));
  stage.input_gradient(second, writable(other_dy));
  stage.forward(first, writable(x), 3, kEvaluation);
  EXPECT_EQ(record.marks, (std::vector<std::uint32_t>{100, 102}));
  ASSERT_EQ(record.occasions.size(), 3u);
  EXPECT_TRUE(record.occasions[1].training);
  EXPECT_EQ(record.occasions[1].step, 9u);
  EXPECT_EQ(record.occasions[1].first_row, 2u);
  EXPECT_FALSE(record.occasions[2].training);
}

TEST(Chain, GivesKeysToLayersThatDrawByTheirIndexInTheModel) {
  Record first, second, none;
  const StageSpec spec = recorded_stage(
      {FlattenSpec(), RecordingSpec(first), RecordingSpec(none, false), RecordingSpec(second)},
      ElementType::kFloat32);
  ASSERT_EQ(spec.keys.size(), 2u);
  const Stage stage(spec);
  EXPECT_EQ(first.setting.key, spec.keys[0]);
  EXPECT_EQ(second.setting.key, spec.keys[1]);
  EXPECT_EQ(none.setting.key, 0u);
  EXPECT_NE(spec.keys[0], spec.keys[1]);
  EXPECT_EQ(layer_keys(std::vector<LayerSpec>{spec.layers[3]}, 5, 5), std::vector{spec.keys[1]})
      << "however the model is cut";
  EXPECT_NE(layer_keys(spec.layers, 6, 2), spec.keys);
}

TEST(RowStream, DependsOnKeyStepAndRowOfTheBatchAlone) {
  const auto drawn = [](std::uint64_t key, std::uint32_t step, std::uint32_t first,
                        std::size_t row) {
    return row_stream(key, {true, step, first}, row).next();
  };
  EXPECT_EQ(drawn(1, 2, 0, 7), drawn(1, 2, 4, 3)) << "however the batch is cut";
  EXPECT_NE(drawn(1, 2, 0, 7), drawn(1, 2, 0, 3));
  EXPECT_NE(drawn(1, 2, 0, 7), drawn(1, 3, 0, 7));
  EXPECT_NE(drawn(1, 2, 0, 7), drawn(2, 2, 0, 7));
}

TEST(Chain, DoesNotRunWithoutAllKeys) {
  Record record;
  StageSpec spec = recorded_stage({RecordingSpec(record)}, ElementType::kFloat32);
  spec.keys.push_back(1);
  EXPECT_DEATH(Stage{spec}, "a key for each layer that draws");
  spec.keys.clear();
  EXPECT_DEATH(Stage{spec}, "a key for each layer that draws");
}

TEST(Chain, WantsNoGradientBetweenRawInputsAndTheFirstParameters) {
  Record before, behind;
  Stage stage(recorded_stage({RecordingSpec(before), LinearSpec(4), RecordingSpec(behind)},
                             ElementType::kUint8));
  EXPECT_FALSE(before.setting.input_gradient);
  EXPECT_TRUE(behind.setting.input_gradient);
  const std::vector<std::byte> x = draw_bytes(18, 1);
  std::vector<float> dy = draw(12, 2);
  Pass pass = stage.make_pass();
  stage.forward(pass, x, 3, {.training = true});
  EXPECT_TRUE(stage.input_gradient(pass, writable(dy)).empty());
  EXPECT_TRUE(before.marks.empty());
  EXPECT_EQ(behind.marks.size(), 1u);
  EXPECT_TRUE(behind.dx_wanted);
}

TEST(Chain, HandsRawInputsToALayerThatTakesIndices) {
  StageSpec spec =
      recorded_stage({LookUpSpec(), FlattenSpec(), LinearSpec(2)}, ElementType::kUint8);
  Stage stage(spec);
  EXPECT_EQ(stage.scratch_bytes(), 0u) << "nothing is decoded";
  std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());
  const std::vector<std::byte> x = draw_bytes(12, 1);
  std::vector<float> rows, dy = draw(4, 2), dy_again = dy;
  for (const std::byte b : x)
    for (std::size_t i = 0; i < 3; ++i)
      rows.push_back(stage.parameters()[3 * std::to_integer<std::size_t>(b) + i]);

  spec.input_type = ElementType::kFloat32;
  spec.input_shape = {18};
  spec.layers = {LinearSpec(2)};
  Stage behind(spec);
  std::ranges::copy(stage.parameters().subspan(3 * 256), behind.parameters().begin());
  Pass pass = stage.make_pass(), pass_behind = behind.make_pass();
  EXPECT_TRUE(
      std::ranges::equal(stage.forward(pass, x, 2, {.training = true}),
                         behind.forward(pass_behind, writable(rows), 2, {.training = true})));
  stage.input_gradient(pass, writable(dy));
  const auto dx = floats_in(behind.input_gradient(pass_behind, writable(dy_again)));
  stage.accumulate(pass);
  std::vector<float> expected(3 * 256);
  for (std::size_t i = 0; i < dx.size(); ++i)
    expected[3 * std::to_integer<std::size_t>(x[i / 3]) + i % 3] += dx[i];
  EXPECT_TRUE(std::ranges::equal(stage.gradients().first(expected.size()), expected));
}

// As a layer made of layers may hold it.
TEST(Chain, IsALayer) {
  const std::vector<LayerSpec> layers{LinearSpec(5), ReluSpec(), LinearSpec(2)};
  Stage stage(recorded_stage(layers, ElementType::kFloat32));
  LayerSetting setting;
  setting.input = {6};
  setting.max_rows = 3;
  Chain chain(layers, {}, setting);
  std::vector<float> parameters = draw(stage.parameter_count(), 1), gradients(parameters.size());
  std::ranges::copy(parameters, stage.parameters().begin());
  chain.bind(parameters, gradients);
  std::vector<float> x = draw(18, 2), y(6), dy = draw(6, 3), dy_again = dy, dx(18);
  AlignedBuffer workspace(chain.workspace_bytes());
  const LayerCall call{as_matrix(std::span<const float>(x), 3, 6),
                       as_matrix(std::span(y), 3, 2),
                       workspace.bytes(),
                       {}};
  chain.forward(call);
  chain.input_gradient(call, as_matrix(std::span(dy), 3, 2), as_matrix(std::span(dx), 3, 6));
  chain.accumulate(call, as_matrix(std::span<const float>(dy), 3, 2));
  Pass pass = stage.make_pass();
  EXPECT_TRUE(std::ranges::equal(floats_in(stage.forward(pass, writable(x), 3, {})), y));
  EXPECT_TRUE(std::ranges::equal(floats_in(stage.input_gradient(pass, writable(dy_again))), dx));
  stage.accumulate(pass);
  EXPECT_TRUE(std::ranges::equal(stage.gradients(), gradients));
}

// Would take over anything.
class GreedyLayer final : public LayerWithoutParameters {
 public:
  bool absorb(const Layer&) override { return true; }
  void forward(const LayerCall&) const override {}
  void input_gradient(const LayerCall&, Matrix, Matrix) const override {}
};

class GreedySpec final : public TestDescription {
 public:
  std::unique_ptr<Layer> make(const LayerSetting&) const override {
    return std::make_unique<GreedyLayer>();
  }
};

std::size_t steps_after_fusion(const std::vector<LayerSpec>& layers) {
  std::vector<ChainStep> steps;
  LayerSetting setting;
  setting.input = {6};
  for (const LayerSpec& layer : layers)
    steps.push_back({layer->make(setting), 6, 6, layer->parameter_count({6}), true});
  fuse(steps);
  return steps.size();
}

TEST(Fusion, ALinearLayerAbsorbsOneReluDirectlyBehindIt) {
  EXPECT_EQ(steps_after_fusion({LinearSpec(6), ReluSpec()}), 1u);
  EXPECT_EQ(steps_after_fusion({LinearSpec(6), ReluSpec(), ReluSpec()}), 2u);
  EXPECT_EQ(steps_after_fusion({ReluSpec(), LinearSpec(6)}), 2u);
  EXPECT_EQ(steps_after_fusion({LinearSpec(6), LinearSpec(6), ReluSpec()}), 2u);
  EXPECT_EQ(steps_after_fusion({}), 0u);
}

TEST(Fusion, ALayerWithParametersIsNeverLeftOut) {
  EXPECT_EQ(steps_after_fusion({GreedySpec(), ReluSpec(), ReluSpec()}), 1u);
  EXPECT_EQ(steps_after_fusion({GreedySpec(), LinearSpec(6)}), 2u);
}

TEST(StageSpec, SendsKeysOnlyWhereALayerDraws) {
  Record record;
  StageSpec spec = recorded_stage({RecordingSpec(record)}, ElementType::kFloat32);
  spec.keys = {~std::uint64_t{0}};
  EXPECT_EQ(stage_spec_to_json(spec),
            R"({"input":{"shape":[6]},"keys":[18446744073709551615],"layers":[{"type":"test"}],)"
            R"("max_rows":3,"momentum":0.0,"weight_decay":0.0})");
  EXPECT_THROW(
      stage_spec_from_json(R"({"input":{"shape":[6]},"keys":[1],"layers":[{"type":"relu"}],)"
                           R"("max_rows":3,"momentum":0.0,"weight_decay":0.0})"),
      RunError)
      << "a key that nothing asks for";
}

}  // namespace
}  // namespace mixnn
