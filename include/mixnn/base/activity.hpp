#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/base/clock.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace mixnn {

// What a rank does at a moment. `kTicket` is everything about headers: making and storing tickets,
// opening a cell's slot, redrawing filler. `kSend` is handing cells to the transport and taking
// them from it. `kWait` is having nothing to do.
enum class Activity : std::uint8_t { kOther, kCompute, kSeal, kOpen, kTicket, kSend, kWait };
inline constexpr std::size_t kActivities = 7;
std::string to_string(Activity activity);

// Nanoseconds by activity.
using ActivityTimes = std::array<std::uint64_t, kActivities>;

// What an activity is for, as far as the rank knows it: opaque here (kind 0: unknown).
struct Work {
  std::uint8_t kind = 0;
  std::uint32_t step = 0, micro_batch = 0;
  bool operator==(const Work&) const = default;
};

// One span of one activity; times as SteadyClock counts them. `thread` is 0 for the rank's own, or
// the number of the helper (crew.hpp).
struct ActivityEvent {
  Activity activity{};
  Work work;
  std::uint64_t start_ns = 0, duration_ns = 0;
  std::uint8_t thread = 0;
};

// Where a rank's time goes: its own thread is always in exactly one activity. Sums are always kept;
// the spans themselves only where asked for, in memory that is taken beforehand: what no longer
// fits is counted and forgotten. Time is wall time, read from the processor's counter (some 10 ns;
// the thread's CPU clock would cost 500 ns) and scaled by the steady clock when it is read out. Not
// thread-safe: one recorder a rank.
class ActivityRecorder {
 public:
  using Ticks = std::uint64_t;
  static Ticks ticks() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<Ticks>(SteadyClock().now().count());
#endif
  }

  // From here on until the next switch; returns what it was. Spans end here.
  Activity switch_to(Activity next, Ticks now = ticks()) {
    const Ticks spent = now > since_ ? now - since_ : 0;
    sums_[static_cast<std::size_t>(current_)] += spent;
    if (keeping_ && spent >= kShortest && current_ != Activity::kOther)
      keep({since_, since_ + spent, work_, current_, 0});
    since_ = now;
    return std::exchange(current_, next);
  }
  // A helper did what this span is for: between two moments, and for so long in all.
  void add_helped(std::size_t helper, Ticks begin, Ticks end, Ticks worked) {
    sums_[static_cast<std::size_t>(current_)] += worked;
    if (keeping_ && current_ != Activity::kOther)
      keep({begin, end, work_, current_, static_cast<std::uint8_t>(helper)});
  }
  // The span under way turns out to be another activity.
  void rename(Activity activity) { current_ = activity; }
  // What this span and those that begin before the end of the scope around it are for.
  void set_work(const Work& work) { work_ = work; }

  // One activity from here to the end of the block; activities may nest, and the inner one counts.
  class Scope {
   public:
    Scope(ActivityRecorder& recorder, Activity activity)
        : recorder_(recorder), outer_(recorder.switch_to(activity)), work_(recorder.work_) {}
    ~Scope() {
      recorder_.switch_to(outer_);
      recorder_.work_ = work_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ActivityRecorder& recorder_;
    Activity outer_;
    Work work_;
  };

  ActivityTimes times();  // up to now

  // Keeps at most `capacity` events from here on, until stop_events().
  void keep_events(std::size_t capacity);
  void stop_events();
  std::size_t events() const { return kept_.size(); }
  ActivityEvent event(std::size_t index) const;
  std::uint64_t dropped() const { return dropped_; }

 private:
  // Shorter spans are in the sums alone; spans of one activity that follow each other this closely
  // are one event. Half a microsecond, and two.
  static constexpr Ticks kShortest = 1000, kJoined = 4000;
  struct Kept {
    Ticks start, end;
    Work work;
    Activity activity;
    std::uint8_t thread;
  };
  // Both clocks at one moment: of several tries the one in which least came between.
  struct Moment {
    Ticks ticks;
    Nanoseconds time;
  };
  static Moment moment();
  void keep(const Kept& span);
  double nanoseconds_per_tick() const;

  ActivityTimes sums_{};  // ticks
  Activity current_ = Activity::kOther;
  Work work_;
  const Moment begin_ = moment();
  Ticks since_ = begin_.ticks;
  bool keeping_ = false;
  std::size_t capacity_ = 0;
  std::vector<Kept> kept_;
  double scale_ = 1;  // nanoseconds of a tick, once the events are complete
  std::uint64_t dropped_ = 0;
};

}  // namespace mixnn
