#include "mixnn/machine/mpi_seats.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <system_error>
#include <utility>

#include "mixnn/base/process.hpp"
#include "mixnn/machine/futex.hpp"
#include "mixnn/machine/mpi_check.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxSeats = 64;
// How long an idle rank keeps its seat, and how long it leaves work for another rank to whoever has
// just sent it, who is probably about to pass its seat on: without a change of cores.
constexpr Nanoseconds kKeep = 400us, kPatience = 3us;
// How old a helper's work must be before he gets a core that no rank needs: he costs two passes of
// it, and is not worth that for a product that is over as soon (bench/README.md).
constexpr Nanoseconds kHelperPatience = 100us;
// How long a helper sleeps before it looks whether its crew is still there.
constexpr Nanoseconds kHelperNap = 50ms;
// Of a thread that does not act: it is called, whatever happens.
constexpr Nanoseconds kLong = 1s;

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
  mpi_check(MPI_Allreduce(&mine, &any, sizeof mine, MPI_BYTE, MPI_BOR, host),
            "counting the host's cores");
  mpi_check(MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BAND, host),
            "counting the host's cores");
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &all)) cores.push_back(core);
  if (!CPU_EQUAL(&any, &all) || cores.size() > kMaxSeats) cores.clear();
  return cores;
}

}  // namespace

class MpiSeats::Place final : public HelperPlace {
 public:
  Place(MpiSeats& seats, int number)
      : seats_(seats), opener_(seats.rank_), helper_(seats, number) {}

  void open() override {
    seats_.desks_[helper_.number()].since.store(SteadyClock().now().count());
    seats_.desks_[helper_.number()].open.store(1);
    seats_.desks_[0].open_desks.fetch_add(1);
    opener_.offer_free_seat(helper_.number());
  }
  void close() override {
    seats_.desks_[helper_.number()].open.store(0);
    seats_.desks_[0].open_desks.fetch_sub(1);
  }
  void wait() override {
    if (!std::exchange(begun_, true)) helper_.begin();
    helper_.wait(kHelperNap, false);
  }
  bool may_work() override {
    if (helper_.seated()) helper_.let_ranks_in(kHelperNap);
    return helper_.seated();
  }
  void leave() override { helper_.leave(); }

 private:
  MpiSeats& seats_;
  Sitter& opener_;
  Sitter helper_;
  bool begun_ = false;
};

MpiSeats::MpiSeats(MPI_Comm host, std::size_t most_helpers, std::function<bool(int)> has_mail)
    : has_mail_(std::move(has_mail)),
      ranks_(mpi_ranks(host)),
      cores_(common_cores(host)),
      helpers_(static_cast<int>(cores_.size() < 2 ? 0 : std::min(most_helpers, cores_.size()))),
      desks_(host, ranks_ * (1 + helpers_)),
      rank_(*this, mpi_number(host)) {
  if (usable()) rank_.begin();
  if (rank_.number() == 0 && usable())
    desks_[0].free_seats.store(~std::uint64_t{0} >> (kMaxSeats - cores_.size()));
  mpi_check(MPI_Barrier(host), "sharing memory on a host");
}

HelperPlaces MpiSeats::helper_places() {
  HelperPlaces places;
  for (int i = 0; i < helpers_; ++i)
    places.push_back(std::make_unique<Place>(*this, ranks_ + rank_.number() * helpers_ + i));
  return places;
}

int MpiSeats::take_free_seat(int number) {
  std::atomic<std::uint64_t>& free_seats = desks_[0].free_seats;
  std::uint64_t free = free_seats.load();
  for (std::uint64_t left = free; left != 0;) {
    const int seat = std::countr_zero(left);
    const std::uint64_t bit = std::uint64_t{1} << seat;
    if (!may_take(number, seat))
      left &= ~bit;
    else if (free_seats.compare_exchange_weak(free, free & ~bit))
      return seat;
    else
      left = free;
  }
  return kNone;
}

void MpiSeats::bind(int number, int seat) {
  Desk& desk = desks_[number];
  if (desk.core.load() == seat + 1) return;
  const cpu_set_t set = one_core(cores_[static_cast<std::size_t>(seat)]);
  ::sched_setaffinity(desk.thread.load(), sizeof set,
                      &set);  // where it fails, the kernel chooses the core
  desk.core.store(seat + 1);
}

void MpiSeats::run(FunctionRef<bool()> round) {
  if (cores_.size() > 1 && cores_.size() <= kMostThreads) return rank_.run_on_all_seats(round);
  while (round()) {
  }
}

void MpiSeats::leave() noexcept {
  if (usable()) rank_.leave();
}

void MpiSeats::Sitter::begin() { s_.desks_[mine_].thread.store(::gettid()); }

void MpiSeats::Sitter::run_on_all_seats(FunctionRef<bool()> round) {
  Desk& mine = s_.desks_[mine_];
  const int seat = std::exchange(seat_, kNone);
  over_.store(false);
  mine.threads.store(1);
  if (seat != kNone) give_back(seat);
  std::vector<std::thread> threads;
  const bool all = start_threads(threads, round);
  if (!all) end_run();
  for (std::thread& thread : threads) thread.join();
  over_.store(false);
  const int last = std::exchange(seat_, kNone);  // a seat of another thread than the caller's
  if (last != kNone) give_back(last);
  mine.threads.store(0);
  mine.core.store(0);
  acting_.store(0);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  while (!all && round()) {  // on the one thread that there is
  }
}

// False where the system gives no more threads: then none has acted yet.
bool MpiSeats::Sitter::start_threads(std::vector<std::thread>& threads,
                                     FunctionRef<bool()> round) try {
  const NoSignals no_signals;  // threads inherit it
  // The first, which acts, is the last to begin: from then on the others may be called.
  for (std::size_t i = s_.cores_.size(); i-- > 0;)
    threads.emplace_back([this, i, calls = calls_of(i).load(), round] {
      const cpu_set_t core = one_core(s_.cores_[i]);
      ::sched_setaffinity(0, sizeof core, &core);
      if (i != 0) sleep(i, calls, kLong);
      act(round);
    });
  return true;
} catch (const std::system_error&) {
  return false;
}

void MpiSeats::Sitter::act(FunctionRef<bool()> round) {
  try {
    while (!over_.load())
      if (!round()) return end_run();
  } catch (...) {
    error_ = std::current_exception();
    end_run();
  }
}

void MpiSeats::Sitter::end_run() {
  over_.store(true);
  for (std::size_t i = 0; i < s_.cores_.size(); ++i) {
    calls_of(i).fetch_add(1);
    futex_wake(calls_of(i));
  }
}

std::atomic<std::uint32_t>& MpiSeats::Sitter::calls_of(std::size_t thread) const {
  return s_.desks_[mine_].calls[thread];
}

// A seat becomes free, and goes at once to somebody who waits for one: who has sent him something
// before did not see it.
void MpiSeats::Sitter::give_back(int seat) {
  s_.desks_[0].free_seats.fetch_or(std::uint64_t{1} << seat);
  for (int i = 0; i < s_.ranks_; ++i) {
    const int number = (mine_ + i) % s_.ranks_;
    if (s_.has_mail(number)) offer_free_seat(number);
  }
  const int helper = find_ready_helper(seat);
  if (helper != kNone) offer_free_seat(helper);
}

void MpiSeats::Sitter::sent_to(int number) {
  last_sent_ = number;
  offer_free_seat(number);
}

void MpiSeats::Sitter::offer_free_seat(int number) {
  if (s_.desks_[number].parked.load() == 0) return;
  const int seat = s_.take_free_seat(number);
  if (seat == kNone) return;  // who has it will look for the mail
  if (claim(number))
    call(number, seat);
  else
    s_.desks_[0].free_seats.fetch_or(std::uint64_t{1} << seat);
}

bool MpiSeats::Sitter::claim(int number) {
  std::uint32_t parked = 1;
  return s_.desks_[number].parked.compare_exchange_strong(parked, 0);
}

// This one again, on this thread: if it was held up since it parked, another may have acted
// meanwhile.
bool MpiSeats::Sitter::go_on(std::size_t thread) {
  if (!claim(mine_)) return false;
  acting_.store(thread);
  return true;
}

// To one that was claimed.
void MpiSeats::Sitter::call(int number, int seat) {
  Desk& desk = s_.desks_[number];
  std::size_t thread = 0;
  if (desk.threads.load() != 0) {
    thread = static_cast<std::size_t>(seat);
    desk.core.store(seat + 1);
  } else {
    s_.bind(number, seat);
  }
  desk.seat.store(seat);
  desk.calls[thread].fetch_add(1);
  futex_wake(desk.calls[thread]);
}

// Of a thread that has acted, and is parked without a seat, when it had been called so often: until
// it acts again, as it was called or the time is over, or until the run is.
void MpiSeats::Sitter::sleep(std::size_t thread, std::uint32_t calls, Nanoseconds at_most) {
  const std::atomic<std::uint32_t>& called = calls_of(thread);
  futex_wait(calls_of(thread), calls, at_most);
  if (called.load() == calls && acting_.load() == thread && go_on(thread))
    return;  // without a seat
  while (called.load() == calls) futex_wait(calls_of(thread), calls, kLong);
  if (over_.load()) return;
  acting_.store(thread);
  seat_ = s_.desks_[mine_].seat.load();
}

// False where this one keeps its seat.
bool MpiSeats::Sitter::pass_to(int number, Nanoseconds at_most, Pass when) {
  const std::size_t thread = acting_.load();
  const std::uint32_t calls = calls_of(thread).load();
  const int seat = std::exchange(seat_, kNone);
  s_.desks_[mine_].parked.store(1);
  if ((when == Pass::kAnyway || !s_.has_mail(mine_)) && claim(number)) {
    call(number, seat);
  } else if (go_on(thread)) {
    seat_ = seat;
    return false;
  } else {  // has been given another one meanwhile
    give_back(seat);
  }
  sleep(thread, calls, at_most);
  return true;
}

// A rank that has mail and no seat; rather one that was on this core before.
int MpiSeats::Sitter::find_ready_rank() const {
  int other = kNone;
  for (int i = 0; i < s_.ranks_; ++i) {
    const int number = (last_sent_ + i) % s_.ranks_;
    if (number == mine_ || !s_.has_mail(number) || s_.desks_[number].parked.load() == 0) continue;
    if (s_.desks_[number].core.load() == seat_ + 1) return number;
    if (other == kNone) other = number;
  }
  return other;
}

int MpiSeats::Sitter::find_ready_helper(int seat) const {
  if (s_.desks_[0].open_desks.load() == 0) return kNone;
  const Nanoseconds now = SteadyClock().now();
  for (int i = 0; i < s_.ranks_; ++i) {
    const int rank = (mine_ + i) % s_.ranks_;
    const int number = s_.ranks_ + rank * s_.helpers_ + seat % s_.helpers_;
    const Desk& desk = s_.desks_[number];
    if (number != mine_ && desk.open.load() != 0 && desk.parked.load() != 0 &&
        now - Nanoseconds(desk.since.load()) >= kHelperPatience)
      return number;
  }
  return kNone;
}

int MpiSeats::Sitter::find_ready() const {
  const int rank = find_ready_rank();
  return rank == kNone ? find_ready_helper(seat_) : rank;
}

void MpiSeats::Sitter::wait(Nanoseconds at_most, bool rest) {
  if (seat_ != kNone) {
    const SteadyClock clock;
    Nanoseconds begin{0}, seen{0};
    for (int look = 0;; ++look) {
      if (s_.has_mail(mine_)) return;
      const int ready = find_ready();
      const Nanoseconds now = clock.now();
      if (look == 0) begin = now;
      if (ready == kNone)
        seen = now;
      else if ((look == 0 || now - seen >= kPatience) &&
               pass_to(ready, at_most, Pass::kIfNothingToDo))
        return;
      if (rest || now - begin >= kKeep) break;
      if (look % 16 == 15) ::sched_yield();  // to whoever else is on this core
    }
  }
  const std::size_t thread = acting_.load();
  const std::uint32_t calls = calls_of(thread).load();
  const int seat = std::exchange(seat_, kNone);
  s_.desks_[mine_].parked.store(1);
  if (seat != kNone)
    give_back(seat);
  else if (s_.has_mail(mine_))
    offer_free_seat(mine_);
  sleep(thread, calls, at_most);
}

void MpiSeats::Sitter::let_ranks_in(Nanoseconds at_most) {
  const int rank = find_ready_rank();
  if (rank != kNone) pass_to(rank, at_most, Pass::kAnyway);
}

void MpiSeats::Sitter::leave() {
  const int seat = std::exchange(seat_, kNone);
  if (seat != kNone) give_back(seat);
  s_.desks_[mine_].core.store(0);
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const int core : s_.cores_) CPU_SET(static_cast<std::size_t>(core), &all);
  ::sched_setaffinity(0, sizeof all, &all);
}

}  // namespace mixnn
