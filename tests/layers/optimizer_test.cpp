// What every kind of optimizer promises, tried with each that the list has.
#include "mixnn/layers/optimizer/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layers/reference_network.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;
using testing_reference::draw;

template <class Variant>
struct KindsOf;
template <class... Kinds>
struct KindsOf<std::variant<Kinds...>> {
  using Types = testing::Types<Kinds...>;
};

template <class Kind>
class EveryOptimizer : public testing::Test {};
TYPED_TEST_SUITE(EveryOptimizer, KindsOf<Optimizer>::Types);

// A matrix and a bias, large enough to be cut into several parts, one of which has some of both.
const std::vector<UpdatedTensor> kTensors{{{300, 301}}, {{301}}};
constexpr std::size_t kCount = 300 * 301 + 301;

struct Trained {
  std::vector<float> state, gradients;
};

Trained after(const Optimizer& optimizer, std::span<const UpdateStep> steps,
              const Products& products = {}) {
  Trained t;
  t.state = draw(kCount, 1);
  t.state.resize((1 + optimizer_slots(optimizer)) * kCount);
  for (const UpdateStep& step : steps) {
    t.gradients = draw(kCount, static_cast<std::uint32_t>(2 + step.number));
    update_parameters(optimizer, step, kTensors, t.state, t.gradients, products);
  }
  return t;
}

constexpr UpdateStep kSteps[] = {{1, 0.1f}, {2, 0.05f}, {3, 0.2f}};

TYPED_TEST(EveryOptimizer, ChangesTheParametersAndZeroesTheGradients) {
  const Trained t = after(TypeParam{}, kSteps);
  EXPECT_NE(std::vector(t.state.begin(), t.state.begin() + kCount), draw(kCount, 1));
  EXPECT_EQ(t.gradients, std::vector<float>(kCount, 0.0f));
}

TYPED_TEST(EveryOptimizer, HasTheSameBitsInPartsOfACrewAndInOnePiece) {
  Crew crew(own_cores(1));
  const Trained parts = after(TypeParam{}, kSteps, Products(crew, Cutting::kByShape));
  EXPECT_EQ(parts.state, after(TypeParam{}, kSteps).state);
  Trained whole = after(TypeParam{}, std::span(kSteps).first(2));
  whole.gradients = draw(kCount, 5);
  const auto update = TypeParam{}.at(kSteps[2]);
  std::size_t from = 0;
  for (const auto& [tensor, trained] : kTensors) {
    const auto count = static_cast<std::size_t>(element_count(tensor));
    update(TensorPart{tensor, std::span(whole.state).subspan(from, count),
                      std::span(whole.gradients).subspan(from, count),
                      whole.state.data() + kCount + from, kCount});
    from += count;
  }
  EXPECT_EQ(whole.state, parts.state);
}

// What a host does that goes on from a checkpoint: an optimizer made anew, the state, the number.
TYPED_TEST(EveryOptimizer, GoesOnFromItsStateAndTheNumberOfTheStep) {
  Trained cut = after(TypeParam{}, std::span(kSteps).first(2));
  const TypeParam made_anew;
  cut.gradients = draw(kCount, 5);
  update_parameters(made_anew, kSteps[2], kTensors, cut.state, cut.gradients, {});
  EXPECT_EQ(cut.state, after(TypeParam{}, kSteps).state);
}

TYPED_TEST(EveryOptimizer, LeavesTensorsAloneThatAreNotTrained) {
  const std::vector<UpdatedTensor> tensors{{{2, 3}, false}, {{6}}};
  std::vector<float> state((1 + optimizer_slots(TypeParam{})) * 12, 1.0f), gradients(12, 1.0f);
  update_parameters(TypeParam{}, kSteps[0], tensors, state, gradients, {});
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(state[i], 1.0f) << i;
  for (std::size_t i = 6; i < 12; ++i) EXPECT_NE(state[i], 1.0f) << i;
}

TYPED_TEST(EveryOptimizer, ComesBackFromItsJson) {
  const Optimizer optimizer = TypeParam{};
  const nlohmann::json json = optimizer_to_json(optimizer);
  EXPECT_EQ(json.at("type"), TypeParam::kName);
  EXPECT_EQ(optimizer_from_json(JsonValue(json, "o")), optimizer);
  nlohmann::json misspelt = json;
  misspelt["nesterof"] = true;
  EXPECT_THROW(optimizer_from_json(JsonValue(misspelt, "o")), UsageError);
}

TEST(OptimizerJson, HasTheSettingsThatAreNotTheDefault) {
  for (const Optimizer& optimizer :
       {Optimizer(Sgd{0.9f, 0.1f, true}), Optimizer(Adam{{0.8, 0.95, 1e-5f, 0.1f, true}}),
        Optimizer(AdamW{{0.7, 0.9, 1e-3f, 0.0f, true}})}) {
    const nlohmann::json json = optimizer_to_json(optimizer);
    EXPECT_EQ(optimizer_from_json(JsonValue(json, "o")), optimizer) << json;
  }
}

// One minus a beta that is near 1 has to keep its digits, whatever the step's number.
TEST(Adam, TakesTheFirstStepByTheRateAndLaterOnesWithoutCorrection) {
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{1} << 40}) {
    std::vector<float> state(3, 0.0f), gradient{0.25f};
    const std::vector<UpdatedTensor> one{{{1}}};
    update_parameters(Adam{}, {number, 0.5f}, one, state, gradient, {});
    const double m = 0.1 * 0.25, v = 0.001 * 0.25 * 0.25;
    const double expected = number == 1 ? -0.5 : -0.5 * m / (std::sqrt(v) + 1e-8);
    EXPECT_NEAR(state[0], expected, 1e-6);
    EXPECT_NEAR(state[1], m, 1e-8);
    EXPECT_NEAR(state[2], v, 1e-10);
  }
}

std::string optimizer_error(const std::string& text) {
  try {
    const nlohmann::json json = parse_json(text, "o");
    optimizer_from_json(JsonValue(json, "o"));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(OptimizerJson, SaysWhatIsWrongAndWhatIsKnown) {
  EXPECT_THAT(optimizer_error(R"({"type": "lbfgs"})"),
              HasSubstr("o: type: unknown optimizer \"lbfgs\"; known: sgd, adam, adamw"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 0.5})"),
              HasSubstr("o: weight_decay: is missing"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 1, "weight_decay": 0})"),
              HasSubstr("o: momentum: must be at least 0.0 and below 1.0, got 1"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 0, "weight_decay": -1})"),
              HasSubstr("o: weight_decay: must be at least 0.0, got -1"));
  EXPECT_EQ(optimizer_error(R"({"type": "sgd", "momentum": 0.5, "weight_decay": 2})"), "accepted");
  EXPECT_THAT(
      optimizer_error(R"({"type": "sgd", "momentum": 0, "weight_decay": 0, "nesterov": true})"),
      HasSubstr("o: nesterov: needs a momentum above 0"));
  EXPECT_EQ(optimizer_error(R"({"type": "adam"})"), "accepted");
  EXPECT_THAT(optimizer_error(R"({"type": "adamw", "betas": [0.9]})"),
              HasSubstr("o: betas: must be two numbers"));
  EXPECT_THAT(optimizer_error(R"({"type": "adamw", "betas": [0.9, 1]})"),
              HasSubstr("o: betas[1]: must be at least 0.0 and below 1.0, got 1"));
  EXPECT_THAT(optimizer_error(R"({"type": "adamw", "decay": "biases"})"),
              HasSubstr("o: decay: must be \"all\" or \"matrices\", got \"biases\""));
  EXPECT_THAT(optimizer_error(R"({"type": "adam", "momentum": 0.9})"),
              HasSubstr("o: unknown key \"momentum\""));
}

TEST(OptimizerText, IsThatOfTheHeading) {
  EXPECT_EQ(optimizer_text(Sgd{0.8f, 0}), "momentum 0.8, weight decay 0");
  EXPECT_EQ(optimizer_text(AdamW{}), "betas [0.9,0.999], eps 1e-08, weight decay 0.01");
}

}  // namespace
}  // namespace mixnn
