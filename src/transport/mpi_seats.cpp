#include "mixnn/transport/mpi_seats.hpp"

#include <sched.h>
#include <unistd.h>

#include <bit>
#include <utility>

#include "mixnn/transport/futex.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxSeats = 64;
// How long an idle rank keeps its seat, and how long it leaves work for another rank to whoever has just sent
// it, who is probably about to pass its seat on: without a change of cores.
constexpr Nanoseconds kKeep = 400us, kPatience = 3us;

cpu_set_t one_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  return set;
}

// The cores on which each rank of the host may run; none where they differ.
std::vector<int> common_cores(MPI_Comm host) {
  cpu_set_t mine, any, all;
  CPU_ZERO(&mine);
  ::sched_getaffinity(0, sizeof mine, &mine);
  mpi_check(MPI_Allreduce(&mine, &any, sizeof mine, MPI_BYTE, MPI_BOR, host), "counting the host's cores");
  mpi_check(MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BAND, host), "counting the host's cores");
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &all)) cores.push_back(core);
  if (!CPU_EQUAL(&any, &all) || cores.size() > kMaxSeats) cores.clear();
  return cores;
}

}  // namespace

MpiSeats::MpiSeats(MPI_Comm host, std::function<bool(int)> has_mail)
    : has_mail_(std::move(has_mail)),
      mine_(mpi_number(host)),
      ranks_(mpi_ranks(host)),
      desks_(host, ranks_),
      cores_(common_cores(host)),
      last_sent_((mine_ + 1) % ranks_) {
  desks_[mine_].pid.store(::getpid());
  if (mine_ == 0 && usable()) desks_[0].free_seats.store(~std::uint64_t{0} >> (kMaxSeats - cores_.size()));
  mpi_check(MPI_Barrier(host), "sharing memory on a host");
}

int MpiSeats::take_free_seat() {
  std::atomic<std::uint64_t>& free_seats = desks_[0].free_seats;
  std::uint64_t free = free_seats.load();
  while (free != 0)
    if (free_seats.compare_exchange_weak(free, free & (free - 1))) return std::countr_zero(free);
  return kNone;
}

// A seat becomes free, and goes at once to somebody who waits for one: who has sent him something before did
// not see it.
void MpiSeats::give_back(int seat) {
  desks_[0].free_seats.fetch_or(std::uint64_t{1} << seat);
  for (int i = 0; i < ranks_; ++i) {
    const int number = (mine_ + i) % ranks_;
    if (has_mail_(number)) sent_to(number);
  }
}

void MpiSeats::sent_to(int number) {
  last_sent_ = number;
  if (desks_[number].parked.load() == 0) return;
  const int seat = take_free_seat();
  if (seat == kNone) return;  // who has it will look for the mail
  if (claim(number))
    call(number, seat);
  else
    desks_[0].free_seats.fetch_or(std::uint64_t{1} << seat);
}

bool MpiSeats::claim(int number) {
  std::uint32_t parked = 1;
  return desks_[number].parked.compare_exchange_strong(parked, 0);
}

void MpiSeats::bind(int number, int seat) {
  Desk& desk = desks_[number];
  if (desk.core.load() == seat + 1) return;
  const cpu_set_t set = one_core(cores_[static_cast<std::size_t>(seat)]);
  ::sched_setaffinity(desk.pid.load(), sizeof set, &set);  // where it fails, the kernel chooses the core
  desk.core.store(seat + 1);
}

// To a rank that was claimed.
void MpiSeats::call(int number, int seat) {
  Desk& desk = desks_[number];
  bind(number, seat);
  desk.seat.store(seat);
  desk.calls.fetch_add(1);
  futex_wake(desk.calls);
}

// This rank is not parked any more. True where it has been called meanwhile, and has the seat of that call.
bool MpiSeats::unpark(std::uint32_t calls) {
  if (claim(mine_)) return false;
  while (desks_[mine_].calls.load() == calls) ::sched_yield();  // who claimed it is about to call it
  seat_ = desks_[mine_].seat.load();
  return true;
}

// Parked, and without a seat: until called, or the time is over.
void MpiSeats::park_without(std::uint32_t calls, Nanoseconds at_most) {
  seat_ = kNone;
  futex_wait(desks_[mine_].calls, calls, at_most);
  if (desks_[mine_].calls.load() == calls)
    unpark(calls);
  else
    seat_ = desks_[mine_].seat.load();
}

// False where this rank keeps its seat.
bool MpiSeats::pass_to(int number, Nanoseconds at_most) {
  const std::uint32_t calls = desks_[mine_].calls.load();
  const int seat = seat_;
  desks_[mine_].parked.store(1);
  if (!has_mail_(mine_) && claim(number)) {
    call(number, seat);
    park_without(calls, at_most);
    return true;
  }
  if (unpark(calls)) give_back(seat);
  return false;
}

// A rank that has mail and no seat; rather one that was on this core before.
int MpiSeats::find_ready() const {
  int other = kNone;
  for (int i = 0; i < ranks_; ++i) {
    const int number = (last_sent_ + i) % ranks_;
    if (number == mine_ || !has_mail_(number) || desks_[number].parked.load() == 0) continue;
    if (desks_[number].core.load() == seat_ + 1) return number;
    if (other == kNone) other = number;
  }
  return other;
}

void MpiSeats::wait(Nanoseconds at_most, bool rest) {
  if (seat_ != kNone) {
    const SteadyClock clock;
    Nanoseconds begin{0}, seen{0};
    for (int look = 0;; ++look) {
      if (has_mail_(mine_)) return;
      const int ready = find_ready();
      const Nanoseconds now = clock.now();
      if (look == 0) begin = now;
      if (ready == kNone)
        seen = now;
      else if ((look == 0 || now - seen >= kPatience) && pass_to(ready, at_most))
        return;
      if (seat_ != kNone && (rest || now - begin >= kKeep)) break;
      if (look % 16 == 15) ::sched_yield();  // to whoever else is on this core
    }
  }
  Desk& mine = desks_[mine_];
  const std::uint32_t calls = mine.calls.load();
  const int seat = std::exchange(seat_, kNone);
  mine.parked.store(1);
  if (seat != kNone)
    give_back(seat);
  else if (has_mail_(mine_))
    sent_to(mine_);  // where a seat is free
  park_without(calls, at_most);
}

void MpiSeats::leave() noexcept {
  if (!usable()) return;
  const int seat = std::exchange(seat_, kNone);
  if (seat != kNone) give_back(seat);
  if (desks_[mine_].core.exchange(0) == 0) return;
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const int core : cores_) CPU_SET(static_cast<std::size_t>(core), &all);
  ::sched_setaffinity(0, sizeof all, &all);
}

}  // namespace mixnn
