#include "mixnn/base/crew.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <vector>

#include "mixnn/base/clock.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How often each part of one piece of work was done.
std::vector<int> counts(Crew& crew, std::size_t parts) {
  std::vector<std::atomic<int>> done(parts);
  crew.run(parts, [&](std::size_t i) { done.at(i).fetch_add(1); });
  return {done.begin(), done.end()};
}

TEST(Crew, DoesEachPartOnceAndAllBeforeItReturns) {
  for (const std::size_t helpers : {0u, 1u, 3u}) {
    Crew crew(own_cores(helpers));
    EXPECT_EQ(crew.size(), 1 + helpers);
    for (std::size_t round = 0; round < 3000; ++round) {
      const std::size_t parts = round % 9;
      ASSERT_EQ(counts(crew, parts), std::vector<int>(parts, 1))
          << helpers << " helpers, round " << round;
    }
  }
}

TEST(Crew, SharesTheWork) {
  Crew crew(own_cores(1));
  const std::thread::id mine = std::this_thread::get_id();
  std::atomic<bool> helper_came{false};
  crew.run(2, [&](std::size_t) {
    // The caller's thread does not end its part before the helper has begun the other.
    if (std::this_thread::get_id() != mine) helper_came.store(true);
    const Stopwatch watch;
    while (!helper_came.load() && watch.seconds() < 10) std::this_thread::yield();
  });
  EXPECT_TRUE(helper_came.load());
}

// So that each thread stays with its end of whatever the parts work on.
TEST(Crew, TakesPartsFromBothEnds) {
  Crew crew(own_cores(1));
  const std::thread::id mine = std::this_thread::get_id();
  std::size_t shared_rounds = 0;
  for (int round = 0; round < 200; ++round) {
    std::array<std::atomic<int>, 16> by_caller{};
    std::atomic<bool> helper_came{false};
    crew.run(by_caller.size(), [&](std::size_t i) {
      const bool helping = std::this_thread::get_id() != mine;
      by_caller.at(i).store(helping ? 0 : 1);
      if (helping) helper_came.store(true);
      const Stopwatch patience;
      while (!helper_came.load() && patience.seconds() < 10) std::this_thread::yield();
      const Stopwatch watch;
      while (watch.seconds() < 20e-6) {
      }
    });
    const auto of_caller = std::count(by_caller.begin(), by_caller.end(), 1);
    EXPECT_TRUE(std::all_of(by_caller.begin(), by_caller.begin() + of_caller,
                            [](int by) { return by == 1; }));
    if (of_caller > 0 && of_caller < 16) ++shared_rounds;
  }
  EXPECT_GT(shared_rounds, 0u);
}

// Helpers that look no longer, but sleep, must hear of the next work.
TEST(Crew, WakesHelpersThatSleep) {
  Crew crew(own_cores(2));
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(round % 2 == 0 ? 1ms : 3ms);
    ASSERT_EQ(counts(crew, 7), std::vector<int>(7, 1));
  }
}

// A place whose core is always somebody else's.
class NoCore final : public HelperPlace {
 public:
  void open() override {}
  void close() override {}
  void wait() override { std::this_thread::sleep_for(1ms); }
  bool may_work() override { return false; }
};

TEST(Crew, NeedsNoHelper) {
  HelperPlaces places;
  places.push_back(std::make_unique<NoCore>());
  Crew crew(std::move(places));
  std::set<std::thread::id> threads;
  crew.run(50, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(Crew, TellsItsPlacesWhenThereAreParts) {
  struct Told {
    int opened = 0, closed = 0, left = 0;
  } told;
  class Place final : public HelperPlace {
   public:
    explicit Place(Told& t) : told_(t) {}
    void open() override { ++told_.opened; }
    void close() override { ++told_.closed; }
    void wait() override { std::this_thread::sleep_for(1ms); }
    bool may_work() override { return false; }
    void leave() override { ++told_.left; }

   private:
    Told& told_;
  };
  {
    HelperPlaces places;
    places.push_back(std::make_unique<Place>(told));
    Crew crew(std::move(places));
    for (const std::size_t parts : {0u, 1u, 2u, 9u}) counts(crew, parts);
    EXPECT_EQ(told.opened, 2) << "one part is not shared";
    EXPECT_EQ(told.closed, 2);
  }
  EXPECT_EQ(told.opened, told.closed);
  EXPECT_EQ(told.left, 1);
}

TEST(Crew, RecordsWhatItsHelpersDoAndWhatItWaitsForThem) {
  ActivityRecorder recorder;
  recorder.keep_events(100);
  Crew crew(own_cores(1), &recorder);
  const std::thread::id mine = std::this_thread::get_id();
  {
    const ActivityRecorder::Scope computing(recorder, Activity::kCompute);
    std::atomic<bool> begun{false};
    crew.run(2, [&](std::size_t) {
      const bool helping = std::this_thread::get_id() != mine;
      if (helping) begun.store(true);
      const Stopwatch watch;
      while (!begun.load() && watch.seconds() < 10) std::this_thread::yield();
      if (helping) std::this_thread::sleep_for(30ms);
    });
  }
  const ActivityTimes times = recorder.times();
  EXPECT_GE(times[static_cast<std::size_t>(Activity::kCompute)], 30'000'000u);
  EXPECT_GE(times[static_cast<std::size_t>(Activity::kWait)], 25'000'000u);
  recorder.stop_events();
  bool helped = false;
  for (std::size_t i = 0; i < recorder.events(); ++i) {
    const ActivityEvent event = recorder.event(i);
    helped = helped || (event.thread == 1 && event.activity == Activity::kCompute &&
                        event.duration_ns >= 25'000'000u);
  }
  EXPECT_TRUE(helped);
}

}  // namespace
}  // namespace mixnn
