#include "mixnn/wire/trace_part.hpp"

#include <gtest/gtest.h>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kBytes = 200;

ActivityRecorder recorded(std::size_t events) {
  ActivityRecorder recorder;
  recorder.keep_events(events);
  ActivityRecorder::Ticks now = ActivityRecorder::ticks();
  recorder.switch_to(Activity::kOther, now);
  for (std::size_t i = 0; i < events + 2; ++i) {
    recorder.set_work({5, static_cast<std::uint32_t>(i), 1});
    recorder.switch_to(Activity::kSeal, now += 100'000);
    recorder.switch_to(Activity::kOther, now += 100'000);
  }
  recorder.stop_events();
  return recorder;
}

TEST(TracePart, PartsGiveAllEventsOnceAndThenNone) {
  const ActivityRecorder recorder = recorded(20);
  ASSERT_EQ(recorder.events(), 20u);
  std::size_t seen = 0;
  const std::size_t parts = trace_parts(20, kBytes);
  EXPECT_EQ(parts, (20 + events_per_part(kBytes) - 1) / events_per_part(kBytes));
  for (std::size_t i = 0; i < parts + 2; ++i) {
    auto bytes = encode(trace_part(recorder, i, kBytes));
    EXPECT_LE(bytes.size(), kBytes);
    bytes.resize(kBytes);  // as a cell pads it
    const auto part = decode<TracePart>(bytes);
    ASSERT_TRUE(part);
    EXPECT_EQ(part->dropped, 2u);
    EXPECT_GT(part->now_ns, 0u);
    if (i >= parts) {
      EXPECT_TRUE(part->events.empty());
    }
    for (const ActivityEvent& event : part->events) {
      EXPECT_EQ(event.activity, Activity::kSeal);
      EXPECT_EQ(event.work, (Work{5, static_cast<std::uint32_t>(seen), 1}));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 20u);
}

TEST(TracePart, CutAnywhereItIsRefused) {
  const auto bytes = encode(trace_part(recorded(3), 0, kBytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(decode<TracePart>(ConstBytes(bytes).first(size))) << size;
}

TEST(TracePart, UnknownActivitiesAreRefused) {
  auto bytes = encode(trace_part(recorded(3), 0, kBytes));
  for (unsigned activity = 0; activity < 256; ++activity) {
    bytes[20] = static_cast<std::byte>(activity);
    EXPECT_EQ(decode<TracePart>(bytes).has_value(), activity < kActivities) << activity;
  }
}

TEST(TracePart, RandomBytesAreDecodedOrRefused) {
  CounterRng rng(3, RandomPurpose::kTest, 0);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes(rng.below(300));
    for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
    if (bytes.size() >= 20) {
      const std::uint32_t count = rng.below(12);
      std::memcpy(&bytes[16], &count, 4);
    }
    if (const auto part = decode<TracePart>(bytes)) {
      EXPECT_LE(part->events.size(), bytes.size() / 26);
    }
  }
}

TEST(TracePart, TellsAHelperFromTheRanksOwnThread) {
  ActivityRecorder recorder;
  recorder.keep_events(10);
  const ActivityRecorder::Ticks now = ActivityRecorder::ticks();
  recorder.switch_to(Activity::kCompute, now);
  recorder.add_helped(2, now + 10'000, now + 60'000, 40'000);
  recorder.switch_to(Activity::kOther, now + 100'000);
  recorder.stop_events();
  const auto part = decode<TracePart>(encode(trace_part(recorder, 0, kBytes)));
  ASSERT_TRUE(part);
  ASSERT_EQ(part->events.size(), 2u);
  EXPECT_EQ(part->events[0].thread, 2);
  EXPECT_EQ(part->events[0].activity, Activity::kCompute);
  EXPECT_EQ(part->events[1].thread, 0);
  EXPECT_LT(part->events[0].duration_ns, part->events[1].duration_ns);
}

}  // namespace
}  // namespace mixnn
