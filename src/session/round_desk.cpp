#include "mixnn/session/round_desk.hpp"

#include <algorithm>

namespace mixnn {

void RoundDesk::push(std::unique_ptr<AnyErrand> errand) {
  const std::lock_guard lock(mutex_);
  errands_.push_back({due_, std::move(errand)});
}

std::uint64_t RoundDesk::due(const RoundTick& tick) const {
  return tick.exchange + allowance_ - std::min(tick.behind, tick.exchange);
}

bool RoundDesk::go_on() {
  const std::lock_guard lock(mutex_);
  begun_ = true;
  rests_ = false;
  if (std::exchange(at_work_, false)) open_.pop_front();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (ticks_.empty()) return false;
  tick_ = std::move(ticks_.front());
  ticks_.pop_front();
  due_ = due(tick_);
  at_work_ = !tick_.messages.empty();
  return true;
}

std::optional<Message> RoundDesk::next() {
  if (tick_.messages.empty()) return std::nullopt;
  Message message = std::move(tick_.messages.front());
  tick_.messages.pop_front();
  return message;
}

void RoundDesk::wait(Nanoseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] { return !open_.empty() || error_ || closed_; });
}

void RoundDesk::rest() {
  const std::lock_guard lock(mutex_);
  rests_ = true;
}

RoundDesk::Begins RoundDesk::begins(std::uint64_t exchange) {
  std::vector<std::unique_ptr<AnyErrand>> now;
  Begins begins = Begins::kInTime;
  {
    const std::lock_guard lock(mutex_);
    const auto is_due = [exchange](std::uint64_t due) { return due <= exchange; };
    const bool late = std::ranges::any_of(open_, is_due);
    if (!begun_ || (late && rests_)) return Begins::kNotYet;
    if (late) begins = Begins::kLate;
    while (std::ranges::any_of(errands_, is_due, &Due::exchange)) {
      now.push_back(std::move(errands_.front().errand));
      errands_.pop_front();
    }
  }
  for (const auto& errand : now) errand->run();
  return begins;
}

void RoundDesk::post(RoundTick tick) {
  const std::lock_guard lock(mutex_);
  const bool anything = !tick.messages.empty();
  if (!ticks_.empty() && ticks_.back().messages.empty()) ticks_.pop_back();
  if (anything) open_.push_back(due(tick));
  ticks_.push_back(std::move(tick));
  if (anything) changed_.notify_one();
}

void RoundDesk::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(failed_, true)) return;
  error_ = std::move(error);
  changed_.notify_one();
}

void RoundDesk::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool RoundDesk::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace mixnn
