#include "mixnn/base/activity.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace mixnn {
namespace {

using Scope = ActivityRecorder::Scope;

void spend(std::chrono::microseconds time) {
  const Stopwatch watch;
  while (watch.seconds() < seconds(time)) {
  }
}

double time_of(const ActivityTimes& times, Activity activity) {
  return 1e-9 * static_cast<double>(times[static_cast<std::size_t>(activity)]);
}

TEST(Activity, EveryKindHasAName) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kActivities; ++i) names.insert(to_string(static_cast<Activity>(i)));
  EXPECT_EQ(names.size(), kActivities);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Activity, TheSumsAreTheWholeTime) {
  const Stopwatch around;  // and within: the process may be interrupted anywhere
  ActivityRecorder recorder;
  const Stopwatch within;
  for (int i = 0; i < 20; ++i) {
    const Scope scope(recorder, static_cast<Activity>(i % kActivities));
    spend(std::chrono::microseconds(500));
  }
  const double least = within.seconds();
  const ActivityTimes times = recorder.times();
  const double most = around.seconds();
  const double sum =
      1e-9 * static_cast<double>(std::accumulate(times.begin(), times.end(), std::uint64_t{0}));
  EXPECT_GE(sum, 0.95 * least);
  EXPECT_LE(sum, 1.05 * most);
  for (std::size_t i = 0; i < kActivities; ++i) EXPECT_GE(times[i], 900'000u) << i;
}

TEST(Activity, TheInnerOfTwoCounts) {
  ActivityRecorder recorder;
  {
    const Scope outer(recorder, Activity::kTicket);
    spend(std::chrono::microseconds(1000));
    {
      const Scope inner(recorder, Activity::kSeal);
      spend(std::chrono::microseconds(4000));
    }
    spend(std::chrono::microseconds(1000));
  }
  const ActivityTimes times = recorder.times();
  EXPECT_GE(time_of(times, Activity::kSeal), 0.0039);
  EXPECT_GE(time_of(times, Activity::kTicket), 0.0019);
  EXPECT_LT(time_of(times, Activity::kCompute), 1e-6);
}

TEST(Activity, AnEmptyLookIsRenamedToWaiting) {
  ActivityRecorder recorder;
  {
    const Scope scope(recorder, Activity::kSend);
    spend(std::chrono::microseconds(1000));
    recorder.rename(Activity::kWait);
  }
  EXPECT_EQ(time_of(recorder.times(), Activity::kSend), 0);
  EXPECT_GE(time_of(recorder.times(), Activity::kWait), 0.0009);
}

TEST(Activity, EventsCarryTheWorkOfTheirScope) {
  ActivityRecorder recorder;
  recorder.keep_events(10);
  const auto before = static_cast<std::uint64_t>(SteadyClock().now().count());
  {
    const Scope outer(recorder, Activity::kCompute);
    recorder.set_work({4, 7, 2});
    spend(std::chrono::microseconds(100));
    {
      const Scope inner(recorder, Activity::kSeal);
      spend(std::chrono::microseconds(100));
    }
  }
  {
    const Scope next(recorder, Activity::kWait);
    spend(std::chrono::microseconds(100));
  }
  recorder.stop_events();
  const auto after = static_cast<std::uint64_t>(SteadyClock().now().count());
  // More only where the process was interrupted between the ends of the two scopes: compute once
  // more.
  ASSERT_GE(recorder.events(), 3u);
  const ActivityEvent compute = recorder.event(0), seal = recorder.event(1),
                      wait = recorder.event(recorder.events() - 1);
  EXPECT_EQ(compute.activity, Activity::kCompute);
  EXPECT_EQ(seal.activity, Activity::kSeal);
  EXPECT_EQ(wait.activity, Activity::kWait);
  EXPECT_EQ(compute.work, (Work{4, 7, 2}));
  EXPECT_EQ(seal.work, (Work{4, 7, 2}));
  EXPECT_EQ(wait.work, Work{});
  const std::uint64_t slack = 20'000;  // of the two clocks
  EXPECT_GE(compute.start_ns + slack, before);
  EXPECT_LE(compute.start_ns + compute.duration_ns, seal.start_ns + slack);
  EXPECT_LE(wait.start_ns + wait.duration_ns, after + slack);
  for (const ActivityEvent& event : {compute, seal, wait}) EXPECT_GE(event.duration_ns, 95'000u);
}

TEST(Activity, WhatDoesNotFitIsCountedAndForgotten) {
  ActivityRecorder recorder;
  recorder.keep_events(3);
  for (int i = 0; i < 8; ++i) {
    const Scope scope(recorder, i % 2 == 0 ? Activity::kOpen : Activity::kSeal);
    spend(std::chrono::microseconds(20));
  }
  recorder.stop_events();
  EXPECT_EQ(recorder.events(), 3u);
  EXPECT_EQ(recorder.dropped(), 5u);
}

TEST(Activity, CloseSpansOfOneKindAreOneEvent) {
  ActivityRecorder recorder;
  recorder.keep_events(10);
  ActivityRecorder::Ticks now = ActivityRecorder::ticks();
  for (int i = 0; i < 4; ++i) {
    recorder.switch_to(Activity::kWait, now += 500);
    recorder.switch_to(Activity::kOther, now += 50'000);
  }
  recorder.stop_events();
  EXPECT_EQ(recorder.events(), 1u);
}

TEST(Activity, WithoutBeingAskedItKeepsNoEvents) {
  ActivityRecorder recorder;
  {
    const Scope scope(recorder, Activity::kOpen);
    spend(std::chrono::microseconds(20));
  }
  EXPECT_EQ(recorder.events(), 0u);
  EXPECT_EQ(recorder.dropped(), 0u);
}

}  // namespace
}  // namespace mixnn
