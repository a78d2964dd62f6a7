#include "mixnn/train/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mixnn {
namespace {

using Kind = Release::Kind;
using Releases = std::vector<Release>;

// A run of one step so far: what was released, and what of it has been answered.
struct StepRun {
  Schedule schedule;
  ScheduleKind kind;
  std::size_t micro_batches, depth;
  std::set<std::size_t> forwards = {}, logits = {}, backwards = {}, ended = {};

  void take(const Releases& releases) {
    for (const Release& r : releases) {
      if (r.kind == Kind::kForward) {
        ASSERT_EQ(r.micro_batch, forwards.size()) << "forwards go in order, once each";
        forwards.insert(r.micro_batch);
      } else {
        ASSERT_TRUE(logits.contains(r.micro_batch)) << "no backward before its logits";
        ASSERT_TRUE(backwards.insert(r.micro_batch).second) << "no backward twice";
        ASSERT_TRUE(kind == ScheduleKind::k1F1B || logits.size() == micro_batches)
            << "all forwards come first";
      }
    }
    if (kind == ScheduleKind::k1F1B) {
      ASSERT_LE(forwards.size() - ended.size(), depth);
      ASSERT_EQ(backwards, logits) << "a gradient goes as soon as its logits are there";
    }
  }
};

// Answers every released forward and backward in every possible order, and counts the orders.
std::size_t explore(const StepRun& run) {
  if (testing::Test::HasFatalFailure()) return 0;
  std::size_t ends = 0;
  bool waits = false;
  for (const std::size_t m : run.forwards)
    if (!run.logits.contains(m)) {
      StepRun next = run;
      next.logits.insert(m);
      next.take(next.schedule.on_logits(m));
      ends += explore(next);
      waits = true;
    }
  for (const std::size_t m : run.backwards)
    if (!run.ended.contains(m)) {
      StepRun next = run;
      next.ended.insert(m);
      next.take(next.schedule.on_backward_done(m));
      ends += explore(next);
      waits = true;
    }
  EXPECT_EQ(run.schedule.done(), run.ended.size() == run.micro_batches);
  EXPECT_EQ(run.schedule.all_released(), run.backwards.size() == run.micro_batches);
  EXPECT_EQ(waits, !run.schedule.done()) << "a step that is not done has something under way";
  return waits ? ends : 1;
}

TEST(Schedule, EveryOrderOfAnswersReleasesEverythingOnce) {
  for (const ScheduleKind kind : {ScheduleKind::kGpipe, ScheduleKind::k1F1B})
    for (std::size_t micro_batches = 1; micro_batches <= 4; ++micro_batches)
      for (std::size_t depth = 1; depth <= 5; ++depth) {
        SCOPED_TRACE(testing::Message() << (kind == ScheduleKind::kGpipe ? "gpipe " : "1f1b ")
                                        << micro_batches << " micro-batches, depth " << depth);
        StepRun run{Schedule(kind, micro_batches, depth), kind, micro_batches, depth};
        run.take(run.schedule.start());
        EXPECT_FALSE(run.schedule.done());
        EXPECT_GE(explore(run), 1u);
      }
}

TEST(Schedule, GpipeReleasesAllForwardsThenAllBackwards) {
  Schedule s(ScheduleKind::kGpipe, 3, 1);
  EXPECT_EQ(s.start(), (Releases{{Kind::kForward, 0}, {Kind::kForward, 1}, {Kind::kForward, 2}}));
  EXPECT_EQ(s.on_logits(1), Releases{});
  EXPECT_EQ(s.on_logits(0), Releases{});
  EXPECT_FALSE(s.all_released());
  EXPECT_EQ(s.on_logits(2),
            (Releases{{Kind::kBackward, 0}, {Kind::kBackward, 1}, {Kind::kBackward, 2}}));
  EXPECT_TRUE(s.all_released());
  for (const std::size_t m : {2, 0, 1}) {
    EXPECT_FALSE(s.done());
    EXPECT_EQ(s.on_backward_done(m), Releases{});
  }
  EXPECT_TRUE(s.done());
}

TEST(Schedule, OneForwardOneBackwardKeepsItsDepth) {
  Schedule s(ScheduleKind::k1F1B, 4, 2);
  EXPECT_EQ(s.start(), (Releases{{Kind::kForward, 0}, {Kind::kForward, 1}}));
  EXPECT_EQ(s.on_logits(1), (Releases{{Kind::kBackward, 1}}));
  EXPECT_EQ(s.on_backward_done(1), (Releases{{Kind::kForward, 2}}));
  EXPECT_EQ(s.on_logits(0), (Releases{{Kind::kBackward, 0}}));
  EXPECT_EQ(s.on_backward_done(0), (Releases{{Kind::kForward, 3}}));
}

TEST(Schedule, RefusesAnswersToWhatWasNeverReleased) {
  EXPECT_DEATH(Schedule(ScheduleKind::k1F1B, 4, 0), "room for one");
  EXPECT_DEATH(Schedule(ScheduleKind::kGpipe, 0, 1), "micro-batches");
  Schedule s(ScheduleKind::k1F1B, 4, 2);
  EXPECT_DEATH(s.on_logits(0), "answer a released forward");
  s.start();
  EXPECT_DEATH(s.start(), "starts once");
  EXPECT_DEATH(s.on_logits(2), "answer a released forward");
  EXPECT_DEATH(s.on_backward_done(0), "released backward");
}

}  // namespace
}  // namespace mixnn
