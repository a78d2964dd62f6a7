#include "mixnn/base/crew.hpp"

#include <limits>
#include <system_error>

#include "mixnn/base/background.hpp"
#include "mixnn/base/check.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/base/process.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLook = 200us;  // how long a helper looks for parts before it sleeps

void pause_core() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

class OwnCore final : public HelperPlace {
 public:
  void open() override {
    opened_.fetch_add(1);
    if (asleep_.load()) opened_.notify_one();
  }
  void close() override {}
  void wait() override {
    const SteadyClock clock;
    const Nanoseconds begin = clock.now();
    for (unsigned look = 1; opened_.load(std::memory_order_acquire) == seen_; ++look) {
      pause_core();
      if (look % 64 != 0) continue;
      std::this_thread::yield();
      if (clock.now() - begin >= kLook) sleep();
    }
    seen_ = opened_.load();
  }
  bool may_work() override { return true; }

 private:
  void sleep() {
    asleep_.store(true);
    opened_.wait(seen_);
    asleep_.store(false);
  }

  std::atomic<std::uint32_t> opened_{0};
  std::atomic<bool> asleep_{false};
  std::uint32_t seen_ = 0;  // the helper's
};

}  // namespace

HelperPlaces own_cores(std::size_t count) {
  HelperPlaces places;
  while (places.size() < count) places.push_back(std::make_unique<OwnCore>());
  return places;
}

Crew::Crew(HelperPlaces places, ActivityRecorder* recorder) : recorder_(recorder) {
  const NoSignals no_signals;               // threads inherit it
  const bool background = in_background();  // helpers stay where the caller's thread does
  for (std::unique_ptr<HelperPlace>& place : places) {
    helpers_.push_back(std::make_unique<Helper>());
    Helper& helper = *helpers_.back();
    helper.place = std::move(place);
    try {
      helper.thread = std::thread([this, &helper, background] {
        if (background) stay_in_background();
        help(helper);
      });
    } catch (const std::system_error&) {  // a limit of threads or memory: it works with fewer, too
      helpers_.pop_back();
      return;
    }
  }
}

Crew::~Crew() {
  over_.store(true);
  for (const auto& helper : helpers_) helper->place->open();
  for (const auto& helper : helpers_) {
    helper->thread.join();
    helper->place->close();
  }
}

bool Crew::take_part(End end, std::size_t& part) {
  Parts left = left_.load(std::memory_order_acquire);
  while (!left.empty()) {
    const bool first = end == End::kFirst;
    const Parts rest = first ? Parts{left.begin + 1, left.end} : Parts{left.begin, left.end - 1};
    if (left_.compare_exchange_weak(left, rest, std::memory_order_acq_rel)) {
      part = first ? left.begin : rest.end;
      return true;
    }
  }
  return false;
}

void Crew::help(Helper& helper) {
  std::size_t part = 0;
  while (!over_.load()) {
    while (!over_.load() && !left_.load().empty() && helper.place->may_work() &&
           take_part(End::kLast, part)) {
      const Ticks begin = ActivityRecorder::ticks();
      (*part_)(part);
      helper.end = ActivityRecorder::ticks();
      if (helper.worked == 0) helper.begin = begin;
      helper.worked += helper.end - begin;
      done_.fetch_add(1, std::memory_order_release);
    }
    if (!over_.load()) helper.place->wait();
  }
  helper.place->leave();
}

void Crew::run(std::size_t parts, FunctionRef<void(std::size_t)> part) {
  if (helpers_.empty() || parts < 2) {
    for (std::size_t i = 0; i < parts; ++i) part(i);
    return;
  }
  MIXNN_CHECK(parts <= std::numeric_limits<std::uint32_t>::max(), "too many parts");
  part_ = &part;
  parts_ = parts;
  done_.store(0, std::memory_order_relaxed);
  left_.store({0, static_cast<std::uint32_t>(parts)}, std::memory_order_release);
  for (const auto& helper : helpers_) helper->place->open();
  for (std::size_t i = 0; take_part(End::kFirst, i);) {
    part(i);
    done_.fetch_add(1, std::memory_order_release);
  }
  for (const auto& helper : helpers_) helper->place->close();
  wait_for_last();
  for (std::size_t i = 0; i < helpers_.size(); ++i) {
    Helper& helper = *helpers_[i];
    if (helper.worked > 0 && recorder_ != nullptr)
      recorder_->add_helped(i + 1, helper.begin, helper.end, helper.worked);
    helper.worked = 0;
  }
}

void Crew::wait_for_last() {
  if (done_.load(std::memory_order_acquire) == parts_) return;
  const Activity before = recorder_ ? recorder_->switch_to(Activity::kWait) : Activity::kOther;
  for (unsigned look = 1; done_.load(std::memory_order_acquire) < parts_; ++look) {
    pause_core();
    if (look % 1024 == 0)
      std::this_thread::yield();  // to a helper that has lost its core in the middle
  }
  if (recorder_ != nullptr) recorder_->switch_to(before);
}

}  // namespace mixnn
