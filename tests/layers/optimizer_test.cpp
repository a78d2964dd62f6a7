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
              HasSubstr("o: type: unknown optimizer \"lbfgs\"; known: sgd"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 0.5})"),
              HasSubstr("o: weight_decay: is missing"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 1, "weight_decay": 0})"),
              HasSubstr("o: momentum: must be at least 0.0 and below 1.0, got 1"));
  EXPECT_THAT(optimizer_error(R"({"type": "sgd", "momentum": 0, "weight_decay": -1})"),
              HasSubstr("o: weight_decay: must be at least 0.0, got -1"));
  EXPECT_EQ(optimizer_error(R"({"type": "sgd", "momentum": 0.5, "weight_decay": 2})"), "accepted");
}

TEST(OptimizerText, IsThatOfTheHeading) {
  EXPECT_EQ(optimizer_text(Sgd{0.8f, 0}), "momentum 0.8, weight decay 0");
}

}  // namespace
}  // namespace mixnn
