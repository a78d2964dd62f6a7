#include "mixnn/base/activity.hpp"

#include "mixnn/base/check.hpp"

namespace mixnn {

std::string to_string(Activity activity) {
  switch (activity) {
    case Activity::kOther:
      return "other";
    case Activity::kCompute:
      return "compute";
    case Activity::kSeal:
      return "seal";
    case Activity::kOpen:
      return "open";
    case Activity::kTicket:
      return "ticket";
    case Activity::kSend:
      return "send";
    case Activity::kWait:
      return "wait";
  }
  return "unknown";
}

// Of the whole time since the beginning: the longer, the more exact.
double ActivityRecorder::nanoseconds_per_tick() const {
  const auto elapsed = static_cast<double>((SteadyClock().now() - begin_time_).count());
  const Ticks now = ticks();
  return now > begin_ ? elapsed / static_cast<double>(now - begin_) : 1;
}

ActivityTimes ActivityRecorder::times() {
  switch_to(current_);
  const double scale = nanoseconds_per_tick();
  ActivityTimes times{};
  for (std::size_t i = 0; i < kActivities; ++i)
    times[i] = static_cast<std::uint64_t>(static_cast<double>(sums_[i]) * scale);
  return times;
}

void ActivityRecorder::keep_events(std::size_t capacity) {
  capacity_ = capacity;
  kept_.clear();
  kept_.reserve(capacity);
  switch_to(current_);
  keeping_ = capacity > 0;
}

void ActivityRecorder::stop_events() {
  if (!keeping_) return;
  switch_to(current_);
  keeping_ = false;
  scale_ = nanoseconds_per_tick();
}

void ActivityRecorder::keep(Ticks spent) {
  const Ticks end = since_ + spent;
  if (!kept_.empty()) {
    Kept& last = kept_.back();
    if (last.activity == current_ && last.work == work_ && since_ - last.end <= kJoined) {
      last.end = end;
      return;
    }
  }
  if (kept_.size() < capacity_)
    kept_.push_back({since_, end, work_, current_});
  else
    ++dropped_;
}

ActivityEvent ActivityRecorder::event(std::size_t index) const {
  MIXNN_CHECK(!keeping_ && index < kept_.size(), "an event that is not there yet");
  const Kept& kept = kept_[index];
  const auto nanoseconds = [&](Ticks t) {
    return static_cast<std::uint64_t>(static_cast<double>(t) * scale_);
  };
  return {kept.activity, kept.work,
          static_cast<std::uint64_t>(begin_time_.count()) + nanoseconds(kept.start - begin_),
          nanoseconds(kept.end - kept.start)};
}

}  // namespace mixnn
