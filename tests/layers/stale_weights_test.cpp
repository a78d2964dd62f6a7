#include "mixnn/layers/stale_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "layers/reference_network.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;

constexpr std::uint32_t kEpochSteps = 3, kStaleSteps = 8;
constexpr std::size_t kStaleRows = 4, kStaleParts = 2, kStaleOutputs = 5;

// With running statistics, random numbers, and a layer that is computed again.
StageSpec stale_stage(std::uint32_t epoch, const Optimizer& optimizer = Sgd{0.5f, 0.01f}) {
  StageSpec spec = stage_spec_from_json(R"({
    "input": {"shape": [2, 3, 3]}, "max_rows": 4, "momentum": 0, "weight_decay": 0, "keys": [7, 8],
    "layers": [{"type": "conv2d", "out_channels": 3, "kernel_size": 2}, {"type": "batch_norm2d"},
               {"type": "dropout", "p": 0.25}, {"type": "flatten"},
               {"type": "residual", "recompute": true, "layers": [
                 {"type": "linear", "out_features": 12}, {"type": "dropout", "p": 0.5}]},
               {"type": "linear", "out_features": 5}]})");
  spec.optimizer = optimizer;
  spec.stale_epoch = epoch;
  return spec;
}

void set_start(Stage& stage) {
  const std::vector<float> start = draw(stage.parameter_count(), 3);
  std::ranges::copy(start, stage.parameters().begin());
}

// A micro-batch of a step, with what it is given.
struct StalePart {
  std::vector<float> input, gradient;
  Occasion occasion;
  Pass pass;

  StalePart(const Stage& stage, std::uint32_t step, std::uint32_t part)
      : input(draw(kStaleRows * 18, 10 * step + part)),
        gradient(draw(kStaleRows * kStaleOutputs, 1000 + 10 * step + part)),
        occasion{true, step, part * static_cast<std::uint32_t>(kStaleRows)},
        pass(stage.make_pass()) {}
  void forward(Stage& stage) {
    stage.forward(pass, std::as_bytes(std::span(input)), kStaleRows, occasion);
  }
  void back(Stage& stage) {
    stage.input_gradient(pass, std::as_writable_bytes(std::span(gradient)));
  }
};

UpdateStep update_of(std::uint32_t step) { return {step + 1, 0.05f, 1}; }

std::deque<StalePart> parts_of_step(const Stage& stage, std::uint32_t step) {
  std::deque<StalePart> parts;
  for (std::uint32_t part = 0; part < kStaleParts; ++part) parts.emplace_back(stage, step, part);
  return parts;
}

// Step after step: the state in the end.
std::vector<float> one_after_the_other(const StageSpec& spec) {
  Stage stage(spec);
  set_start(stage);
  for (std::uint32_t step = 0; step < kStaleSteps; ++step) {
    for (StalePart& part : parts_of_step(stage, step)) {
      part.forward(stage);
      part.back(stage);
      stage.accumulate(part.pass);
    }
    stage.update(update_of(step));
  }
  return {stage.state().begin(), stage.state().end()};
}

// As docs/model.md says, with stages that know one version of their weights: one has the newest,
// and the gradients come from another that is given those of the step.
std::vector<float> by_definition(const Optimizer& optimizer) {
  Stage newest(stale_stage(0, optimizer)), computes(stale_stage(0, optimizer));
  set_start(newest);
  const std::size_t count = newest.parameter_count();
  const std::size_t before = 3 * 2 * 4 + 3 + 3 + 3, statistics = 6;  // in the parameters
  std::vector<std::vector<float>> versions{
      {newest.parameters().begin(), newest.parameters().end()}};
  for (std::uint32_t step = 0; step < kStaleSteps; ++step) {
    const std::uint32_t version = step % kEpochSteps == 0 ? step : step - 1;
    std::ranges::copy(versions[version], computes.parameters().begin());
    std::ranges::fill(computes.gradients(), 0.0f);
    const auto running = [&](Stage& of) { return of.parameters().subspan(before, statistics); };
    for (StalePart& part : parts_of_step(computes, step)) {
      part.forward(computes);
      part.back(computes);
      std::ranges::copy(running(newest), running(computes).begin());
      computes.accumulate(part.pass);
      std::ranges::copy(running(computes), running(newest).begin());
    }
    std::ranges::copy(computes.gradients(), newest.gradients().begin());
    newest.update(update_of(step));
    versions.emplace_back(newest.parameters().begin(),
                          newest.parameters().begin() + static_cast<std::ptrdiff_t>(count));
  }
  return {newest.state().begin(), newest.state().end()};
}

TEST(StaleWeights, AreThoseBeforeTheLastUpdateButInTheFirstStepOfAnEpoch) {
  for (const Optimizer& optimizer : {Optimizer(Sgd{0.5f, 0.01f}), Optimizer(AdamW{})}) {
    const std::vector<float> expected = by_definition(optimizer);
    std::vector<float> state = one_after_the_other(stale_stage(kEpochSteps, optimizer));
    ASSERT_GT(state.size(), expected.size());
    state.resize(expected.size());
    EXPECT_EQ(state, expected);
    EXPECT_NE(one_after_the_other(stale_stage(0, optimizer)), expected);
    EXPECT_NE(one_after_the_other(stale_stage(kEpochSteps + 1, optimizer)), state);
  }
}

TEST(StaleWeights, AreTheNewestInEpochsOfOneStep) {
  const std::vector<float> expected = one_after_the_other(stale_stage(0));
  std::vector<float> state = one_after_the_other(stale_stage(1));
  state.resize(expected.size());
  EXPECT_EQ(state, expected);
}

// Forwards of the next step, and even its input gradients, come before the update ahead of them.
TEST(StaleWeights, GiveTheSameBitsHoweverStepsOverlap) {
  for (const bool back_early : {false, true}) {
    Stage stage(stale_stage(kEpochSteps));
    set_start(stage);
    std::deque<StalePart> now = parts_of_step(stage, 0);
    for (StalePart& part : now) part.forward(stage);
    for (std::uint32_t step = 0; step < kStaleSteps; ++step) {
      std::deque<StalePart> next = parts_of_step(stage, step + 1);
      const bool overlaps = stage.spec().overlaps(step + 1), early = overlaps && back_early;
      if (!back_early || step == 0 || !stage.spec().overlaps(step))
        for (StalePart& part : now) part.back(stage);
      if (overlaps)
        for (StalePart& part : next) part.forward(stage);
      if (early)
        for (StalePart& part : next) part.back(stage);
      for (StalePart& part : now) stage.accumulate(part.pass);
      stage.update(update_of(step));
      if (!overlaps)
        for (StalePart& part : next) part.forward(stage);
      now = std::move(next);
    }
    const std::vector<float> state(stage.state().begin(), stage.state().end());
    EXPECT_EQ(state, one_after_the_other(stale_stage(kEpochSteps)));
  }
}

// What a checkpoint or a spot check sees.
TEST(StaleWeights, AStageGoesOnFromItsStateAtAnyStep) {
  const std::vector<float> expected = one_after_the_other(stale_stage(kEpochSteps));
  for (std::uint32_t cut = 0; cut < kStaleSteps; ++cut) {
    std::vector<float> state;
    for (const auto& [from, to] : {std::pair(0u, cut), std::pair(cut, kStaleSteps)}) {
      Stage stage(stale_stage(kEpochSteps), {}, from);
      if (from == 0 && state.empty())
        set_start(stage);
      else
        std::ranges::copy(state, stage.state().begin());
      for (std::uint32_t step = from; step < to; ++step) {
        for (StalePart& part : parts_of_step(stage, step)) {
          part.forward(stage);
          part.back(stage);
          stage.accumulate(part.pass);
        }
        stage.update(update_of(step));
      }
      state.assign(stage.state().begin(), stage.state().end());
    }
    EXPECT_EQ(state, expected) << cut;
  }
}

TEST(StaleWeights, TakeMemoryForParametersOnceMore) {
  const Stage with(stale_stage(kEpochSteps)), without(stale_stage(0));
  EXPECT_EQ(with.parameter_bytes(), 2 * without.parameter_bytes());
  EXPECT_EQ(with.optimizer_bytes(), without.optimizer_bytes());
  EXPECT_EQ(stale_stage(kEpochSteps).state_count(), 3 * without.parameter_count());
}

TEST(StaleWeights, AreAPartOfTheSpecification) {
  const StageSpec read = stage_spec_from_json(stage_spec_to_json(stale_stage(kEpochSteps)));
  EXPECT_EQ(read.stale_epoch, kEpochSteps);
  EXPECT_EQ(stage_spec_to_json(stale_stage(0)).find("stale"), std::string::npos);
  EXPECT_FALSE(read.overlaps(0) || read.overlaps(kEpochSteps));
  EXPECT_TRUE(read.overlaps(1) && read.overlaps(kEpochSteps + 1));
  EXPECT_FALSE(stale_stage(0).overlaps(1));
}

}  // namespace
}  // namespace mixnn
