#include "mixnn/rounds/public_schedule.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kStepMicroBatches = 4;

MessageInfo chain_message(MessageKind kind, std::uint32_t step, std::uint32_t micro_batch) {
  MessageInfo info;
  info.label = {kind, step, micro_batch, 0};
  info.micro_batches = kStepMicroBatches;
  return info;
}

struct ScheduledChain {
  std::uint32_t ranks, stages, before, allowance = 1;
};
// Whatever ranks are allowed for an answer.
constexpr std::uint32_t kAllowances[] = {1, 2, 3, 8};

// Plays `steps` steps: when the owner says what, and when the host of each stage is reached. A
// message passes a link in every exchange of as many as are allowed for an answer.
struct Played {
  std::vector<std::uint64_t> begins;                       // of steps
  std::vector<std::uint64_t> last_backward, next_forward;  // by stage, of steps 0 and 1
  std::uint64_t boundary = 0;

  Played(const ScheduledChain& chain, std::uint32_t steps)
      : last_backward(chain.stages), next_forward(chain.stages) {
    const std::uint64_t k = chain.allowance;
    PublicSchedule schedule(chain.ranks, chain.stages, chain.before, chain.allowance);
    std::uint64_t next = 10;
    for (std::uint32_t step = 0; step < steps; ++step) {
      for (std::uint32_t m = 0; m < kStepMicroBatches; ++m) {
        const std::uint64_t at =
            schedule.leaves(chain_message(MessageKind::kForward, step, m), next);
        if (m == 0) begins.push_back(at - k * chain.before);
        EXPECT_EQ(at, begins.back() + k * chain.before + m);
        if (step == 1 && m == 0)
          for (std::uint32_t i = 0; i < chain.stages; ++i) next_forward[i] = at + k * i;
      }
      // The outputs of the last micro-batch have come, and its gradient goes back.
      for (std::uint32_t m = 0; m < kStepMicroBatches; ++m) {
        const std::uint64_t back = begins.back() + m + k * (chain.before + chain.stages);
        next = std::max(next, back + k);
        const std::uint64_t at =
            schedule.leaves(chain_message(MessageKind::kBackward, step, m), next);
        EXPECT_EQ(at, begins.back() + m + k * (2 * chain.ranks - 1 - chain.stages - chain.before));
        if (step == 0)
          for (std::uint32_t i = 0; i < chain.stages; ++i)
            last_backward[chain.stages - 1 - i] = at + k * i;
      }
    }
    boundary = schedule.boundary();
  }
};

TEST(PublicSchedule, StepsBeginWhenPublicNumbersSayWhateverTheChain) {
  for (const std::uint32_t k : kAllowances)
    for (const std::uint32_t ranks : {5u, 8u, 13u}) {
      const Played one({ranks, 1, 1, k}, 5);
      EXPECT_EQ(one.begins[1] - one.begins[0], kStepMicroBatches - 1 + 2 * k * (ranks - 1));
      for (std::uint32_t stages = 1; stages + 2 <= ranks; ++stages)
        for (std::uint32_t before = 1; before + stages < ranks; ++before) {
          const Played other({ranks, stages, before, k}, 5);
          EXPECT_EQ(other.begins, one.begins) << ranks << " " << stages << " " << before;
          EXPECT_EQ(other.boundary, one.boundary);
        }
    }
}

TEST(PublicSchedule, AHostHasTheLastBackwardBeforeTheNextStepsForward) {
  for (const std::uint32_t k : kAllowances)
    for (const std::uint32_t ranks : {5u, 8u, 13u})
      for (std::uint32_t stages = 1; stages + 2 <= ranks; ++stages)
        for (std::uint32_t before = 1; before + stages < ranks; ++before) {
          const Played played({ranks, stages, before, k}, 2);
          for (std::uint32_t i = 0; i < stages; ++i)
            EXPECT_LE(played.last_backward[i], played.next_forward[i]);
        }
}

TEST(PublicSchedule, OtherThingsBeginBehindTheLastAnswer) {
  PublicSchedule schedule(8, 3, 2);
  for (std::uint32_t m = 0; m < kStepMicroBatches; ++m)
    schedule.leaves(chain_message(MessageKind::kForward, 0, m), 10);
  const std::uint64_t last =
      schedule.leaves(chain_message(MessageKind::kBackward, 0, kStepMicroBatches - 1), 20);
  const std::uint64_t answered = last + 3;  // over three hosts, to the owner
  EXPECT_EQ(schedule.boundary(), 10u + kStepMicroBatches + 2 * 8 - 1);
  EXPECT_GT(schedule.boundary(), answered);
}

TEST(PublicSchedule, AStepAfterAnInterruptionBeginsAtItsEnd) {
  PublicSchedule schedule(8, 3, 2);
  schedule.leaves(chain_message(MessageKind::kForward, 0, 0), 10);
  schedule.interrupted();
  const std::uint64_t next = schedule.boundary() + 7;
  EXPECT_EQ(schedule.leaves(chain_message(MessageKind::kForward, 1, 0), next), next + 2);
}

// With stale weights: a step leaves the hosts before the one behind the next comes to them; each
// circuit has one message in each exchange, and no more exchanges are taken than that needs.
TEST(PublicSchedule, WithStaleWeightsStepsOverlap) {
  for (const std::uint32_t ranks : {5u, 8u, 13u})
    for (std::uint32_t stages = 2; stages + 2 <= ranks; ++stages)
      for (std::uint32_t before = 1; before + stages < ranks; ++before) {
        constexpr std::uint32_t kStaleSteps = 9;
        PublicSchedule schedule(ranks, stages, before, 1, 1);
        std::vector<std::uint64_t> begins;
        std::set<std::uint64_t> forwards, backwards;
        const auto ended = [&](std::uint32_t step) {  // the last answer to the owner
          return begins[step] + ranks + (ranks - 1 - stages - before) + kStepMicroBatches - 1 +
                 stages;
        };
        for (std::uint32_t step = 0; step < kStaleSteps; ++step) {
          const std::uint64_t next = step < 2 ? 10 : ended(step - 2) + 1;
          for (std::uint32_t m = 0; m < kStepMicroBatches; ++m) {
            const std::uint64_t at =
                schedule.leaves(chain_message(MessageKind::kForward, step, m), next);
            if (m == 0) begins.push_back(at - before);
            EXPECT_EQ(at, begins[step] + before + m);
            EXPECT_GE(schedule.told(at), next);
            EXPECT_TRUE(forwards.insert(at).second);
          }
          if (step == 0) continue;
          for (std::uint32_t m = 0; m < kStepMicroBatches; ++m) {
            const std::uint64_t outputs = begins[step - 1] + before + m + stages;  // have come
            const std::uint64_t at =
                schedule.leaves(chain_message(MessageKind::kBackward, step - 1, m), outputs + 1);
            EXPECT_TRUE(backwards.insert(at).second);
          }
        }
        for (std::uint32_t step = 2; step < kStaleSteps; ++step) {
          const std::uint64_t last_there = ended(step - 2) - 1;  // at the first stage
          EXPECT_LE(last_there, begins[step] + before);
          const std::uint64_t least =
              std::max(begins[step - 1] + kStepMicroBatches,
                       begins[step - 2] + kStepMicroBatches + 2 * ranks - 3);
          EXPECT_EQ(begins[step], least);
        }
        EXPECT_EQ(begins[1], begins[0] + kStepMicroBatches);
        EXPECT_GT(schedule.boundary(), ended(kStaleSteps - 1));
      }
}

// What was under way has come, so its time is over.
TEST(PublicSchedule, WithStaleWeightsARunBeginsBehindTheOneBefore) {
  for (const std::size_t staleness : {0, 1}) {
    PublicSchedule schedule(8, 3, 2, 1, staleness);
    const std::uint64_t first = schedule.leaves(chain_message(MessageKind::kForward, 0, 0), 10);
    schedule.drained();
    const std::uint64_t ends = schedule.boundary();
    EXPECT_EQ(ends, first - 2 + kStepMicroBatches + 2 * 8 - 1);
    EXPECT_EQ(schedule.leaves(chain_message(MessageKind::kForward, 1, 0), ends - 2),
              ends + 2 - (staleness == 0 ? 2 : 0));
  }
}

// With stages of the owner's own, or where a run stops between steps, the last step's last answer
// has come before the next step's first forward goes.
TEST(PublicSchedule, AllAreToldOfAForwardWhenPublicNumbersSayWhateverTheChain) {
  for (const std::uint32_t k : kAllowances)
    for (const std::uint32_t ranks : {5u, 8u, 13u})
      for (std::uint32_t stages = 1; stages + 2 <= ranks; ++stages)
        for (std::uint32_t before = 1; before + stages < ranks; ++before) {
          PublicSchedule schedule(ranks, stages, before, k);
          schedule.leaves(chain_message(MessageKind::kForward, 0, 0), 10);
          const std::uint64_t answered =
              k * stages +
              schedule.leaves(chain_message(MessageKind::kBackward, 0, kStepMicroBatches - 1), 10);
          const std::uint64_t at =
              schedule.leaves(chain_message(MessageKind::kForward, 1, 0), answered + k);
          EXPECT_GE(schedule.told(at), answered + k) << "the owner has as long for its answer";
          EXPECT_LE(schedule.told(at), at);
          EXPECT_EQ(schedule.told(at), 10 + kStepMicroBatches - 1 + 2 * k * (ranks - 1) + k);
        }
}

TEST(PublicSchedule, RefusesWhatFollowsFromSomethingLate) {
  PublicSchedule schedule(8, 3, 2);
  const std::uint64_t forward = schedule.leaves(chain_message(MessageKind::kForward, 0, 0), 10);
  EXPECT_THROW(schedule.leaves(chain_message(MessageKind::kForward, 0, 1), forward + 2), RunError);
  const std::uint64_t backward = schedule.leaves(chain_message(MessageKind::kBackward, 0, 0), 10);
  EXPECT_THROW(schedule.leaves(chain_message(MessageKind::kBackward, 0, 1), backward + 2),
               RunError);
}

TEST(PublicSchedule, AChunkThatComesLateBeginsATestOfItsOwn) {
  PublicSchedule schedule(8, 3, 2);
  EXPECT_EQ(schedule.leaves(chain_message(MessageKind::kTest, 0, 0), 10), 12u);
  EXPECT_EQ(schedule.leaves(chain_message(MessageKind::kTest, 0, 1), 10), 13u);
  EXPECT_EQ(schedule.boundary(), 10u + 2 + 8);
  EXPECT_EQ(schedule.leaves(chain_message(MessageKind::kTest, 0, 2), 17), 20u + 2);
  EXPECT_EQ(schedule.boundary(), 20u + 1 + 8);
}

}  // namespace
}  // namespace mixnn
