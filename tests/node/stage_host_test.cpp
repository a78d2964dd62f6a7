#include "mixnn/node/stage_host.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "mixnn/base/error.hpp"
#include "mixnn/layers/kinds/linear.hpp"

namespace mixnn {
namespace {

// Tickets for every label but those that are withheld; remembers the answers in order.
class RecordedAnswers final : public Answers {
 public:
  bool can_answer(const Label& label) const override { return !withheld.contains(label); }
  void answer(const Label& label, ConstBytes payload) override {
    order.push_back(label);
    bytes[label].assign(payload.begin(), payload.end());
  }
  void recycle(AlignedBuffer) override {}

  std::set<Label> withheld;
  std::vector<Label> order;
  std::map<Label, std::vector<std::byte>> bytes;
};

StageSpec middle_stage() {
  StageSpec spec;
  spec.input_shape = {3};
  spec.layers = {LinearSpec{2}};
  spec.max_rows = 4;
  return spec;
}

Message message(MessageKind kind, std::uint32_t step, std::uint32_t micro_batch,
                std::uint32_t micro_batches, std::uint32_t rows, float value) {
  Message m;
  m.info = {{kind, step, micro_batch, 0}, micro_batches, rows, 0.5f};
  m.payload = AlignedBuffer(256);
  for (float& x : m.payload.as<float>(64)) x = value;
  return m;
}

constexpr auto kForwardKind = MessageKind::kForward;
constexpr auto kB = MessageKind::kBackward;
constexpr auto kT = MessageKind::kTest;

void work_all(StageHost& host, Answers& answers) {
  while (host.work(answers)) {
  }
}

// Gradients of 2 outputs of 1 row, of inputs of 1: 8 gradients, 3 and 1 of each output.
TEST(StageHost, WaitsForTheScaleOfItsGradients) {
  StageSpec spec = middle_stage();
  spec.clipped = true;
  StageHost host(spec, 64);
  RecordedAnswers answers;
  host.accept(message(kForwardKind, 0, 0, 2, 1, 1));
  host.accept(message(kForwardKind, 0, 1, 2, 1, 1));
  host.accept(message(kB, 0, 1, 2, 1, 2));
  work_all(host, answers);
  EXPECT_FALSE(host.has_gradients(0)) << "one micro-batch is missing";
  host.accept(message(kB, 0, 0, 2, 1, 1));
  host.accept(message(kForwardKind, 1, 0, 1, 1, 1));
  work_all(host, answers);
  ASSERT_TRUE(host.has_gradients(0));
  EXPECT_EQ(host.gradient_squares(), 8 * 9);
  EXPECT_FALSE(answers.bytes.contains({kForwardKind, 1, 0, 0})) << "before the update";
  EXPECT_FALSE(host.has_made(1));
  EXPECT_THROW(host.has_gradients(1), RunError);
  EXPECT_THROW(host.scale(1, 0.5f), RunError);
  host.scale(0, 0.5f);
  EXPECT_TRUE(host.has_made(1));
  work_all(host, answers);
  // Weights and bias are -0.5 * 0.5 * 3, by the learning rate and the scale.
  const auto* const outputs =
      reinterpret_cast<const float*>(answers.bytes.at({kForwardKind, 1, 0, 0}).data());
  EXPECT_EQ(outputs[0], 4 * -0.75f);
  EXPECT_THROW(host.scale(0, 0.5f), RunError) << "twice";
}

TEST(StageHost, IsAskedForGradientsOnlyIfTheyAreClipped) {
  StageHost host(middle_stage(), 64);
  EXPECT_THROW(host.has_gradients(0), RunError);
  StageHost decoy(64, 0);
  EXPECT_TRUE(decoy.has_gradients(7));
  EXPECT_EQ(decoy.gradient_squares(), 0);
  decoy.scale(7, 0.5f);
}

TEST(StageHost, DoesBackwardFirstAndHoldsWhatBelongsToTheNextStep) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  host.accept(message(kT, 1, 0, 1, 2, 1));
  host.accept(message(kForwardKind, 1, 0, 1, 2, 1));
  host.accept(message(kForwardKind, 0, 1, 2, 2, 1));
  host.accept(message(kForwardKind, 0, 0, 2, 2, 1));
  work_all(host, answers);
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 0, 0, 0}, {kForwardKind, 0, 1, 0}}))
      << "the first micro-batch first";
  host.accept(message(kB, 0, 1, 2, 2, 1));
  work_all(host, answers);
  EXPECT_EQ(answers.order.back(),
            (Label{kB, 0, 1, 0}));  // answered at once, though micro-batch 0 comes first in the sum
  EXPECT_EQ(answers.order.size(), 3u);
  host.accept(message(kB, 0, 0, 2, 2, 1));
  work_all(host,
           answers);  // the update, and then the next step's forward; its test waits while a step
                      // is open
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 0, 0, 0},
                                               {kForwardKind, 0, 1, 0},
                                               {kB, 0, 1, 0},
                                               {kB, 0, 0, 0},
                                               {kForwardKind, 1, 0, 0}}));
}

// Both gradients are there: the one that can be accumulated first goes first.
TEST(StageHost, TakesTheFirstMicroBatchOfThoseThatAreReady) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  for (const std::uint32_t m : {2u, 0u, 1u}) host.accept(message(kForwardKind, 0, m, 3, 1, 1));
  work_all(host, answers);
  for (const std::uint32_t m : {1u, 2u, 0u}) host.accept(message(kB, 0, m, 3, 1, 1));
  work_all(host, answers);
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 0, 0, 0},
                                               {kForwardKind, 0, 1, 0},
                                               {kForwardKind, 0, 2, 0},
                                               {kB, 0, 0, 0},
                                               {kB, 0, 1, 0},
                                               {kB, 0, 2, 0}}));
}

TEST(StageHost, WaitsForTheTicket) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  answers.withheld.insert({kForwardKind, 0, 0, 0});
  host.accept(message(kForwardKind, 0, 0, 1, 2, 1));
  EXPECT_FALSE(host.work(answers));
  answers.withheld.clear();
  EXPECT_TRUE(host.work(answers));
  EXPECT_EQ(answers.order.size(), 1u);
}

// The order in which micro-batches come does not touch the parameters' bits.
TEST(StageHost, ArrivalOrderDoesNotChangeTheBits) {
  std::vector<std::byte> parameters[2];
  for (const int swapped : {0, 1}) {
    StageHost host(middle_stage(), 64);
    RecordedAnswers answers;
    const std::vector<std::uint32_t> order =
        swapped ? std::vector<std::uint32_t>{2, 0, 1} : std::vector<std::uint32_t>{0, 1, 2};
    for (const std::uint32_t m : order)
      host.accept(message(kForwardKind, 0, m, 3, 3, 0.1f * static_cast<float>(m + 1)));
    work_all(host, answers);
    for (const std::uint32_t m : order) {
      host.accept(message(kB, 0, m, 3, 3, 1.0f / static_cast<float>(m + 3)));
      work_all(host, answers);
    }
    host.accept(message(MessageKind::kGather, 1, 0, 0, 0, 0));
    work_all(host, answers);
    parameters[swapped] = answers.bytes.at({MessageKind::kGather, 1, 0, 0});
  }
  EXPECT_FALSE(parameters[0].empty());
  EXPECT_EQ(parameters[0], parameters[1]);
  bool any = false;
  for (const std::byte b : parameters[0]) any |= b != std::byte{0};
  EXPECT_TRUE(any);  // something was learned
}

TEST(StageHost, RefusesWhatCannotBelongToIt) {
  StageHost host(middle_stage(), 64);
  EXPECT_THROW(host.accept(message(kForwardKind, 0, 0, 1, 0, 1)), RunError);  // no rows
  EXPECT_THROW(host.accept(message(kForwardKind, 0, 0, 1, 5, 1)), RunError);  // more than max_rows
  EXPECT_THROW(host.accept(message(kForwardKind, 0, 2, 2, 2, 1)), RunError);  // micro-batch 2 of 2
  Message small = message(kForwardKind, 0, 0, 1, 4, 1);
  small.payload = AlignedBuffer(16);
  EXPECT_THROW(host.accept(std::move(small)), RunError);  // fewer bytes than its rows
  RecordedAnswers answers;
  host.accept(message(kForwardKind, 0, 0, 1, 2, 1));
  host.accept(message(kForwardKind, 0, 0, 1, 2, 1));
  EXPECT_TRUE(host.work(answers));
  EXPECT_THROW(work_all(host, answers), RunError);  // the same micro-batch twice
}

TEST(StageHost, RefusesABackwardOfOtherRows) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  host.accept(message(kForwardKind, 0, 0, 1, 2, 1));
  work_all(host, answers);
  host.accept(message(kB, 0, 0, 1, 3, 1));
  EXPECT_THROW(work_all(host, answers), RunError);
}

// All ranks are sent and asked for as many parts as the largest stage has. Eight parameters, and
// the state of SGD behind them: the one is asked for, both may be set.
TEST(StageHost, PartsPastItsEndAreEmpty) {
  for (const auto& [kind, parts] :
       {std::pair{MessageKind::kParameters, 4u}, std::pair{MessageKind::kGather, 2u}}) {
    StageHost host(middle_stage(), 4);
    RecordedAnswers answers;
    for (const std::uint32_t p : {parts - 1, parts}) {
      Message part = message(kind, 0, 0, 0, p < parts ? 4 : 0, 1);
      part.info.label.part = p;
      host.accept(std::move(part));
      work_all(host, answers);
      const bool gathered = kind == MessageKind::kGather && p < parts;
      EXPECT_EQ(answers.bytes.at({kind, 0, 0, p}).size(), gathered ? 4 * sizeof(float) : 0u);
    }
    Message part = message(MessageKind::kParameters, 0, 0, 0, 1, 1);
    part.info.label.part = 4;
    host.accept(std::move(part));
    EXPECT_THROW(work_all(host, answers), RunError);  // a float that has no place
  }
}

// A decoy is asked all that a host is asked, whatever the step, but for micro-batches.
TEST(StageHost, WithoutAStageAnswersAlike) {
  StageHost decoy(4, 0);
  RecordedAnswers answers;
  for (const auto kind : {MessageKind::kParameters, MessageKind::kGather})
    decoy.accept(message(kind, 7, 0, 0, 0, 1));
  work_all(decoy, answers);
  EXPECT_TRUE(answers.bytes.at({MessageKind::kParameters, 7, 0, 0}).empty());
  EXPECT_TRUE(answers.bytes.at({MessageKind::kGather, 7, 0, 0}).empty());
  EXPECT_THROW(decoy.accept(message(kForwardKind, 7, 0, 1, 2, 1)), RunError);
}

// The last part of what is sent may end in the middle of the state, and leaves what is behind it
// alone.
TEST(StageHost, APartHasAsManyFloatsAsItSays) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  for (const std::uint32_t floats : {16u, 3u}) {
    Message part = message(MessageKind::kParameters, 0, 0, 0, floats, static_cast<float>(floats));
    part.payload = AlignedBuffer(floats * sizeof(float));
    for (float& x : part.payload.as<float>(floats)) x = static_cast<float>(floats);
    host.accept(std::move(part));
    work_all(host, answers);
  }
  host.accept(message(MessageKind::kGather, 0, 0, 0, 0, 0));
  work_all(host, answers);
  std::vector<float> parameters(8);
  copy_bytes(answers.bytes.at({MessageKind::kGather, 0, 0, 0}),
             std::as_writable_bytes(std::span(parameters)));
  EXPECT_EQ(parameters, (std::vector<float>{3, 3, 3, 16, 16, 16, 16, 16}));
  host.accept(message(MessageKind::kParameters, 0, 0, 0, 17, 1));
  EXPECT_THROW(work_all(host, answers), RunError);
}

TEST(StageHost, RefusesACheckpointOrderThatIsMalformed) {
  StageHost host(middle_stage(), 64);
  RecordedAnswers answers;
  host.accept(message(MessageKind::kCheckpoint, 0, 0, 0, 0, 1));
  EXPECT_THROW(work_all(host, answers), RunError);
}

// It holds those of the step behind that, and what goes back until its turn.
TEST(StageHost, WithStaleWeightsAnswersForwardsOfTheNextStepAheadOfItsUpdate) {
  StageSpec spec = middle_stage();
  spec.stale_epoch = 3;
  StageHost host(spec, 64);
  RecordedAnswers answers;
  for (const std::uint32_t step : {2u, 1u, 0u})
    host.accept(message(kForwardKind, step, 0, 1, 2, 1));
  host.accept(message(kB, 1, 0, 1, 2, 1));
  work_all(host, answers);
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 0, 0, 0}, {kForwardKind, 1, 0, 0}}));
  EXPECT_FALSE(host.has_made(1));
  host.accept(message(kB, 0, 0, 1, 2, 1));
  work_all(host, answers);  // two updates; what goes back goes first
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 0, 0, 0},
                                               {kForwardKind, 1, 0, 0},
                                               {kB, 0, 0, 0},
                                               {kB, 1, 0, 0},
                                               {kForwardKind, 2, 0, 0}}));
  // Step 3 is the first of an epoch: it waits for the update ahead of it, and so does a test.
  host.accept(message(kForwardKind, 3, 0, 1, 2, 1));
  host.accept(message(kT, 3, 0, 1, 2, 1));
  EXPECT_FALSE(host.work(answers));
  EXPECT_FALSE(host.has_made(3));
  host.accept(message(kB, 2, 0, 1, 2, 1));
  work_all(host, answers);
  EXPECT_TRUE(answers.bytes.contains({kForwardKind, 3, 0, 0}));
  EXPECT_FALSE(answers.bytes.contains({kT, 3, 0, 0}));
}

// Of the outputs, those of the second step are from the weights with which the first began.
TEST(StageHost, WithStaleWeightsComputesWithThoseBeforeTheLastUpdate) {
  std::map<std::uint32_t, std::vector<std::byte>> outputs[2];
  for (const bool early : {false, true}) {
    StageSpec spec = middle_stage();
    spec.stale_epoch = 9;
    StageHost host(spec, 64);
    RecordedAnswers answers;
    for (std::uint32_t step = 0; step < 5; ++step) {
      if (!early || step == 0) host.accept(message(kForwardKind, step, 0, 1, 1, 1));
      if (early) host.accept(message(kForwardKind, step + 1, 0, 1, 1, 1));
      work_all(host, answers);
      host.accept(message(kB, step, 0, 1, 1, 1));
      work_all(host, answers);
      outputs[early][step] = answers.bytes.at({kForwardKind, step, 0, 0});
    }
  }
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_EQ(outputs[0][0], outputs[0][1]);
  EXPECT_NE(outputs[0][1], outputs[0][2]);
}

// A host that begins in the middle holds what belongs to an earlier or later update as any other.
TEST(StageHost, BeginsWhereItIsTold) {
  StageHost host(middle_stage(), 64, 7);
  RecordedAnswers answers;
  EXPECT_THROW(host.accept(message(kForwardKind, 6, 0, 1, 2, 1)), RunError);
  host.accept(message(kForwardKind, 8, 0, 1, 2, 1));
  host.accept(message(kForwardKind, 7, 0, 1, 2, 1));
  work_all(host, answers);
  EXPECT_EQ(answers.order, (std::vector<Label>{{kForwardKind, 7, 0, 0}}));
}

}  // namespace
}  // namespace mixnn
