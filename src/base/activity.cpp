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

ActivityRecorder::Moment ActivityRecorder::moment() {
  Moment best{};
  Ticks least = ~Ticks{0};
  for (int attempt = 0; attempt < 8; ++attempt) {
    const Ticks before = ticks();
    const Nanoseconds time = SteadyClock().now();
    const Ticks between = ticks() - before;
    if (between >= least) continue;
    least = between;
    best = {before + between / 2, time};
  }
  return best;
}

// Of the whole time since the beginning: the longer, the more exact.
double ActivityRecorder::nanoseconds_per_tick() const {
  const Moment now = moment();
  if (now.ticks <= begin_.ticks) return 1;
  return static_cast<double>((now.time - begin_.time).count()) /
         static_cast<double>(now.ticks - begin_.ticks);
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

void ActivityRecorder::keep(const Kept& span) {
  if (!kept_.empty()) {
    Kept& last = kept_.back();
    if (last.activity == span.activity && last.work == span.work && last.thread == span.thread &&
        span.start - last.end <= kJoined) {
      last.end = span.end;
      return;
    }
  }
  if (kept_.size() < capacity_)
    kept_.push_back(span);
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
          static_cast<std::uint64_t>(begin_.time.count()) + nanoseconds(kept.start - begin_.ticks),
          nanoseconds(kept.end - kept.start), kept.thread};
}

}  // namespace mixnn
