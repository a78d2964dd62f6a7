#include "mixnn/layers/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "layers/reference_network.hpp"
#include "mixnn/layers/kinds/flatten.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;
using testing_reference::draw_bytes;
using testing_reference::floats_in;
using testing_reference::writable;

const std::vector<LayerSpec> kLayers{FlattenSpec{},  LinearSpec{24}, ReluSpec{},
                                     LinearSpec{16}, ReluSpec{},     LinearSpec{5}};
constexpr std::size_t kInputs = 30, kOutputs = 5;

// A piece of kLayers as a stage; the first takes raw inputs.
StageSpec piece(std::size_t begin, std::size_t end, std::int64_t features) {
  StageSpec spec;
  if (begin == 0) {
    spec.input_type = ElementType::kUint8;
    spec.input_gradient = false;
    spec.scale = 1.0f / 256;
  }
  spec.input_shape = begin == 0 ? Shape{5, 6} : Shape{features};
  spec.layers.assign(kLayers.begin() + static_cast<std::ptrdiff_t>(begin),
                     kLayers.begin() + static_cast<std::ptrdiff_t>(end));
  spec.max_rows = 8;
  spec.optimizer = Sgd{0.5f, 0.01f};
  return spec;
}

struct MicroBatch {
  std::size_t rows;
  std::vector<std::byte> input;
  std::vector<float> gradient;
};

std::vector<MicroBatch> micro_batches() {
  std::vector<MicroBatch> all;
  for (const std::size_t rows : {8, 8, 7, 3}) {
    const auto index = static_cast<std::uint32_t>(all.size());
    all.push_back({rows, draw_bytes(rows * kInputs, index), draw(rows * kOutputs, 100 + index)});
  }
  return all;
}

// One training step of a chain of stages, and the parameters after it.
std::vector<float> train(std::vector<Stage> stages, std::span<const std::size_t> backward_order,
                         std::span<const std::size_t> accumulate_order) {
  std::uint32_t drawn = 0;
  const std::vector<float> all = draw(2000, 50);
  std::vector<MicroBatch> batch = micro_batches();
  std::vector<std::vector<Pass>> passes(batch.size());
  for (Stage& stage : stages)
    for (float& p : stage.parameters()) p = 0.3f * all.at(drawn++);
  for (std::size_t m = 0; m < batch.size(); ++m) {
    ConstBytes input = batch[m].input;
    for (Stage& stage : stages) {
      passes[m].push_back(stage.make_pass());
      input = stage.forward(passes[m].back(), input, batch[m].rows, {});
    }
  }
  for (const std::size_t m : backward_order) {
    Bytes gradient = writable(batch[m].gradient);
    for (std::size_t s = stages.size(); s-- > 0;)
      gradient = stages[s].input_gradient(passes[m][s], gradient);
  }
  for (const std::size_t m : accumulate_order)
    for (std::size_t s = 0; s < stages.size(); ++s) stages[s].accumulate(passes[m][s]);
  std::vector<float> parameters;
  for (Stage& stage : stages) {
    stage.update({1, 0.1f});
    parameters.insert(parameters.end(), stage.parameters().begin(), stage.parameters().end());
  }
  return parameters;
}

std::vector<Stage> one_stage() {
  std::vector<Stage> stages;
  stages.emplace_back(piece(0, 6, 0));
  return stages;
}

std::vector<Stage> three_stages() {
  std::vector<Stage> stages;
  stages.emplace_back(piece(0, 3, 0));
  stages.emplace_back(piece(3, 5, 24));
  stages.emplace_back(piece(5, 6, 16));
  return stages;
}

// A relu that is cut off from its linear layer and begins the next stage.
std::vector<Stage> cut_before_relu() {
  std::vector<Stage> stages;
  stages.emplace_back(piece(0, 2, 0));
  stages.emplace_back(piece(2, 6, 24));
  return stages;
}

constexpr std::size_t kInOrder[] = {0, 1, 2, 3}, kOutOfOrder[] = {2, 0, 3, 1};

TEST(Stage, SplittingANetworkDoesNotChangeItsBits) {
  const std::vector<float> whole = train(one_stage(), kInOrder, kInOrder);
  EXPECT_EQ(train(three_stages(), kInOrder, kInOrder), whole);
  EXPECT_EQ(train(cut_before_relu(), kInOrder, kInOrder), whole);
}

TEST(Stage, OnlyTheOrderOfAccumulationDecidesTheBits) {
  const std::vector<float> expected = train(three_stages(), kInOrder, kInOrder);
  EXPECT_EQ(train(three_stages(), kOutOfOrder, kInOrder), expected);
  EXPECT_NE(train(three_stages(), kInOrder, kOutOfOrder), expected)
      << "this test would see a change of order";
}

// Raw inputs are scaled anew where another pass has been in between: against a stage that is fed
// floats, all of them in flight, and one pass used again and again.
TEST(Stage, RawInputsAreThoseOfTheirPass) {
  const StageSpec raw = piece(0, 6, 0);
  StageSpec scaled = raw;
  scaled.input_type = ElementType::kFloat32;
  scaled.scale = 1;
  Stage in_flight(raw), one_pass(raw), reference(scaled);
  for (Stage* stage : {&in_flight, &one_pass, &reference})
    std::ranges::copy(draw(stage->parameter_count(), 1), stage->parameters().begin());

  std::vector<MicroBatch> batch = micro_batches();
  std::vector<Pass> passes;
  std::vector<std::vector<float>> gradients;
  for (MicroBatch& m : batch) {
    passes.push_back(in_flight.make_pass());
    in_flight.forward(passes.back(), m.input, m.rows, {});
    gradients.push_back(m.gradient);
  }
  for (std::size_t m = 0; m < batch.size(); ++m)
    in_flight.input_gradient(passes[m], writable(gradients[m]));
  for (Pass& pass : passes) in_flight.accumulate(pass);

  Pass again = one_pass.make_pass(), floats = reference.make_pass();
  for (const MicroBatch& m : batch) {
    std::vector<float> inputs, gradient = m.gradient, reference_gradient = m.gradient;
    for (const std::byte b : m.input)
      inputs.push_back(raw.scale * static_cast<float>(std::to_integer<int>(b)));
    const auto y = one_pass.forward(again, m.input, m.rows, {});
    EXPECT_TRUE(std::ranges::equal(
        y, reference.forward(floats, bytes_of(std::span<const float>(inputs)), m.rows, {})));
    one_pass.input_gradient(again, writable(gradient));
    one_pass.accumulate(again);
    reference.input_gradient(floats, writable(reference_gradient));
    reference.accumulate(floats);
  }
  EXPECT_TRUE(std::ranges::equal(one_pass.gradients(), reference.gradients()));
  EXPECT_TRUE(std::ranges::equal(in_flight.gradients(), reference.gradients()));
}

// Samples of any type are what their numbers are, scaled.
TEST(Stage, RawInputsMayBeOfOtherTypes) {
  const StageSpec bytes = piece(0, 6, 0);
  const MicroBatch m = micro_batches()[0];
  std::vector<std::uint16_t> words;
  std::vector<float> floats;
  for (const std::byte b : m.input) {
    words.push_back(std::to_integer<std::uint16_t>(b));
    floats.push_back(std::to_integer<std::uint8_t>(b));
  }
  std::vector<std::vector<float>> gradients;
  for (const auto& [type, input] :
       {std::pair{ElementType::kUint8, ConstBytes(m.input)},
        std::pair{ElementType::kUint16, bytes_of(std::span(words))},
        std::pair{ElementType::kFloat32, bytes_of(std::span(floats))}}) {
    StageSpec spec = bytes;
    spec.input_type = type;
    Stage stage(spec);
    std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());
    Pass pass = stage.make_pass();
    std::vector<float> gradient = m.gradient;
    stage.forward(pass, input, m.rows, {});
    EXPECT_TRUE(stage.input_gradient(pass, writable(gradient)).empty());
    stage.accumulate(pass);
    gradients.emplace_back(stage.gradients().begin(), stage.gradients().end());
    EXPECT_EQ(gradients.back(), gradients.front()) << to_string(type);
  }
}

// Against stages of float32, between which everything is rounded by hand.
class RoundingStage : public ::testing::TestWithParam<ElementType> {};
INSTANTIATE_TEST_SUITE_P(Wires, RoundingStage,
                         ::testing::Values(ElementType::kBfloat16, ElementType::kInt8),
                         [](const auto& is) { return to_string(is.param); });

TEST_P(RoundingStage, RoundsWhatPassesAndNothingElse) {
  const ElementType wire = GetParam();
  constexpr std::size_t kPassed = 7;  // rows
  const auto encoding_of = [&](std::span<const float> rows) {
    return Encoding(wire, {static_cast<std::int64_t>(rows.size() / kPassed)});
  };
  const auto encoded = [&](std::span<const float> values) {
    std::vector<std::byte> bytes(encoding_of(values).bytes(kPassed));
    encoding_of(values).encode(values, bytes);
    return bytes;
  };
  const auto rounded = [&](std::span<const float> values) {
    std::vector<float> back(values.size());
    if (!back.empty()) encoding_of(values).decode(encoded(values), back);
    return back;
  };
  std::vector<Stage> exact = three_stages(), ours;
  for (const Stage& stage : exact) {
    StageSpec spec = stage.spec();
    if (spec.input_type == ElementType::kFloat32) spec.input_type = wire;
    spec.output_type = wire;
    ours.emplace_back(spec);
  }
  std::vector<Pass> exact_passes, passes, between;
  const std::vector<std::byte> input = draw_bytes(kPassed * kInputs, 0),
                               other = draw_bytes(kPassed * kInputs, 1);
  std::vector<std::vector<float>> x;  // of the exact stages behind the first; they must stay
  ConstBytes y = input;
  for (std::size_t s = 0; s < ours.size(); ++s) {
    const std::vector<float> drawn = draw(ours[s].parameter_count(), static_cast<std::uint32_t>(s));
    for (std::vector<Stage>* stages : {&exact, &ours})
      std::ranges::copy(drawn, (*stages)[s].parameters().begin());
    exact_passes.push_back(exact[s].make_pass());
    passes.push_back(ours[s].make_pass());
    between.push_back(ours[s].make_pass());
    y = ours[s].forward(passes[s], y, kPassed, {});
    x.push_back(rounded(floats_in(exact[s].forward(
        exact_passes[s], s == 0 ? ConstBytes(input) : bytes_of(std::span(x.back())), kPassed,
        {}))));
    std::vector<float> scratch(x.back().size());
    EXPECT_TRUE(std::ranges::equal(encoding_of(scratch).decoded(y, scratch), x.back()))
        << "outputs of stage " << s;
  }
  // Another micro-batch on its way: inputs are decoded anew for the first.
  ConstBytes z = other;
  for (std::size_t s = 0; s < ours.size(); ++s) z = ours[s].forward(between[s], z, kPassed, {});

  const std::vector<float> drawn = draw(kPassed * kOutputs, 9);
  std::vector<float> dx = rounded(drawn);
  std::vector<std::byte> sent = encoded(drawn);
  Bytes dy = sent;
  std::vector<std::vector<float>> gradients;  // they must stay, too
  for (std::size_t s = ours.size(); s-- > 0;) {
    gradients.push_back(dx);
    dy = ours[s].input_gradient(passes[s], dy);
    dx = rounded(floats_in(exact[s].input_gradient(exact_passes[s], writable(gradients.back()))));
    ours[s].accumulate(passes[s]);
    exact[s].accumulate(exact_passes[s]);
    std::vector<float> scratch(dx.size());
    EXPECT_TRUE(dx.empty()
                    ? dy.empty()  // nobody wants it of raw inputs
                    : std::ranges::equal(encoding_of(scratch).decoded(ConstBytes(dy), scratch), dx))
        << "gradient of stage " << s;
    EXPECT_TRUE(std::ranges::equal(ours[s].gradients(), exact[s].gradients())) << "stage " << s;
  }
}

// Of the first two layers: the relu masks the gradient of its output.
TEST(Stage, AGradientBesideStaysAsItIsAndGivesTheSameBits) {
  for (const ElementType wire :
       {ElementType::kFloat32, ElementType::kBfloat16, ElementType::kInt8}) {
    StageSpec spec = piece(0, 3, kInputs);
    spec.output_type = wire;
    Stage in_place(spec), beside(spec);
    const std::vector<float> drawn = draw(in_place.parameter_count(), 3);
    const std::vector<std::byte> input = draw_bytes(8 * kInputs, 4),
                                 gradient = draw_bytes(spec.output_bytes(8), 5);
    std::vector<std::byte> own = gradient, other = gradient;
    for (Stage* stage : {&in_place, &beside}) {
      std::ranges::copy(drawn, stage->parameters().begin());
      Pass pass = stage->make_pass();
      stage->forward(pass, input, 8, {.training = true});
      if (stage == &beside)
        stage->input_gradient_beside(pass, other);
      else
        stage->input_gradient(pass, own);
      stage->accumulate(pass);
    }
    EXPECT_EQ(other, gradient);
    EXPECT_TRUE(
        std::ranges::equal(std::as_bytes(in_place.gradients()), std::as_bytes(beside.gradients())));
    EXPECT_EQ(beside.beside_bytes(), wire == ElementType::kFloat32 ? gradient.size() : 0u);
  }
}

TEST(Stage, UpdateZeroesTheGradients) {
  Stage stage(piece(0, 6, 0));
  std::vector<MicroBatch> batch = micro_batches();
  Pass pass = stage.make_pass();
  std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());
  stage.forward(pass, batch[0].input, batch[0].rows, {});
  stage.input_gradient(pass, writable(batch[0].gradient));
  stage.accumulate(pass);
  const auto nonzero = [&] {
    return std::ranges::count_if(stage.gradients(), [](float g) { return g != 0; });
  };
  EXPECT_GT(nonzero(), 0);
  stage.update({1, 0.1f});
  EXPECT_EQ(nonzero(), 0);
}

TEST(Stage, PassTakesOtherRowCountsAgain) {
  Stage stage(piece(0, 6, 0));
  std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());
  const std::vector<std::byte> input = draw_bytes(8 * kInputs, 0);
  Pass pass = stage.make_pass(), fresh = stage.make_pass();
  stage.forward(pass, input, 8, {});
  const auto again = stage.forward(pass, ConstBytes(input).first(3 * kInputs), 3, {});
  const auto first = stage.forward(fresh, ConstBytes(input).first(3 * kInputs), 3, {});
  EXPECT_TRUE(std::ranges::equal(again, first));
  EXPECT_EQ(floats_in(again).size(), 3 * kOutputs);
}

TEST(Stage, RefusesCallsOutOfTurnAndWrongSizes) {
  Stage stage(piece(0, 6, 0));
  const std::vector<std::byte> input = draw_bytes(9 * kInputs, 0);
  std::vector<float> gradient(2 * kOutputs);
  Pass pass = stage.make_pass();
  StageSpec integers = piece(0, 6, 0);
  integers.input_gradient = true;
  EXPECT_DEATH(Stage{integers}, "inputs with a gradient are floats");
  EXPECT_DEATH(stage.input_gradient(pass, writable(gradient)), "forward comes before");
  EXPECT_DEATH(stage.forward(pass, input, 9, {}), "rows of a micro-batch");
  EXPECT_DEATH(stage.forward(pass, input, 8, {}), "size of a stage's input");
  stage.forward(pass, ConstBytes(input).first(2 * kInputs), 2, {});
  EXPECT_DEATH(stage.accumulate(pass), "input_gradient comes before");
  EXPECT_DEATH(stage.input_gradient(pass, writable(gradient).first(kOutputs)),
               "size of an output gradient");
}

}  // namespace
}  // namespace mixnn
