#include "mixnn/machine/seat_desks.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "mixnn/machine/cores.hpp"

namespace mixnn {

SeatDesks::SeatDesks(HostGroup& host, std::vector<int> cores, std::size_t most_helpers,
                     std::function<bool(int)> has_mail)
    : has_mail_(std::move(has_mail)),
      ranks_(host.count()),
      cores_(std::move(cores)),
      helpers_(static_cast<int>(cores_.size() < 2 ? 0 : std::min(most_helpers, cores_.size()))),
      desks_(host, ranks_ * (1 + helpers_)) {
  MIXNN_CHECK(!cores_.empty() && cores_.size() <= kMostSeats, "a seat for each core");
}

int SeatDesks::take_free_seat(int number) {
  const std::uint64_t all = ~std::uint64_t{0} >> (kMostSeats - static_cast<int>(cores_.size()));
  std::uint64_t free = free_seats().load();
  for (std::uint64_t left = free & all; left != 0;) {
    const int seat = std::countr_zero(left);
    const std::uint64_t bit = std::uint64_t{1} << seat;
    if (!may_take(number, seat))
      left &= ~bit;
    else if (free_seats().compare_exchange_weak(free, free & ~bit))
      return seat;
    else
      left = free & all;
  }
  return kNone;
}

int SeatDesks::seat_given(int number) const {
  const int seat = desks_[number].seat.load();
  return seat >= 0 && seat < static_cast<int>(cores_.size()) ? seat : kNone;
}

bool SeatDesks::thread_for_each_seat(int number) const {
  return cores_.size() <= kMostThreads && desks_[number].threads.load() != 0;
}

Nanoseconds SeatDesks::open_for(int number, Nanoseconds now) const {
  const Nanoseconds::rep since = desks_[number].since.load();
  return since >= 0 && since <= now.count() ? now - Nanoseconds(since) : Nanoseconds(0);
}

void SeatDesks::bind(int number, int seat) {
  Desk& desk = desks_[number];
  if (desk.core.load() == seat + 1) return;
  const cpu_set_t set = one_core(cores_[static_cast<std::size_t>(seat)]);
  ::sched_setaffinity(desk.thread.load(), sizeof set,
                      &set);  // where it fails, the kernel chooses the core
  desk.core.store(seat + 1);
}

}  // namespace mixnn
