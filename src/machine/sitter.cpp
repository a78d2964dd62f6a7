#include "mixnn/machine/sitter.hpp"

#include <sched.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "mixnn/base/process.hpp"
#include "mixnn/machine/cores.hpp"
#include "mixnn/machine/futex.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How long an idle rank keeps its seat, and how long it leaves work for another rank to whoever has
// just sent it, who is probably about to pass its seat on: without a change of cores.
constexpr Nanoseconds kKeep = 400us, kPatience = 3us;
// How old a helper's work must be before he gets a core that no rank needs: he costs two passes of
// it, and is not worth that for a product that is over as soon (bench/README.md).
constexpr Nanoseconds kHelperPatience = 100us;
// Of a thread that does not act: it is called, whatever happens.
constexpr Nanoseconds kLong = 1s;

}  // namespace

void Sitter::begin() { s_[mine_].thread.store(::gettid()); }

void Sitter::run_on_all_seats(FunctionRef<bool()> round) {
  Desk& mine = s_[mine_];
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
bool Sitter::start_threads(std::vector<std::thread>& threads, FunctionRef<bool()> round) try {
  const NoSignals no_signals;  // threads inherit it
  // The first, which acts, is the last to begin: from then on the others may be called.
  for (std::size_t i = s_.cores().size(); i-- > 0;)
    threads.emplace_back([this, i, calls = calls_of(i).load(), round] {
      const cpu_set_t core = one_core(s_.cores()[i]);
      ::sched_setaffinity(0, sizeof core, &core);
      if (i != 0) sleep(i, calls, kLong);
      act(round);
    });
  return true;
} catch (const std::system_error&) {
  return false;
}

void Sitter::act(FunctionRef<bool()> round) {
  try {
    while (!over_.load())
      if (!round()) return end_run();
  } catch (...) {
    error_ = std::current_exception();
    end_run();
  }
}

void Sitter::end_run() {
  over_.store(true);
  for (std::size_t i = 0; i < s_.cores().size(); ++i) {
    calls_of(i).fetch_add(1);
    futex_wake(calls_of(i));
  }
}

std::atomic<std::uint32_t>& Sitter::calls_of(std::size_t thread) const {
  return s_[mine_].calls[thread];
}

// A seat becomes free, and goes at once to somebody who waits for one: who has sent him something
// before did not see it.
void Sitter::give_back(int seat) {
  s_.free_seats().fetch_or(std::uint64_t{1} << seat);
  for (int i = 0; i < s_.ranks(); ++i) {
    const int number = (mine_ + i) % s_.ranks();
    if (s_.has_mail(number)) offer_free_seat(number);
  }
  const int helper = find_ready_helper(seat);
  if (helper != kNone) offer_free_seat(helper);
}

void Sitter::sent_to(int number) {
  last_sent_ = number;
  if (s_.has_mail(number)) offer_free_seat(number);
}

void Sitter::offer_free_seat(int number) {
  if (s_[number].parked.load() == 0) return;
  const int seat = s_.take_free_seat(number);
  if (seat == kNone) return;  // who has it will look for the mail
  if (claim(number))
    call(number, seat);
  else
    s_.free_seats().fetch_or(std::uint64_t{1} << seat);
}

bool Sitter::claim(int number) {
  std::uint32_t parked = 1;
  return s_[number].parked.compare_exchange_strong(parked, 0);
}

// This one again, on this thread: if it was held up since it parked, another may have acted
// meanwhile.
bool Sitter::go_on(std::size_t thread) {
  if (!claim(mine_)) return false;
  acting_.store(thread);
  return true;
}

// To one that was claimed.
void Sitter::call(int number, int seat) {
  Desk& desk = s_[number];
  std::size_t thread = 0;
  if (s_.thread_for_each_seat(number)) {
    thread = static_cast<std::size_t>(seat);
    desk.core.store(seat + 1);
  } else {
    s_.bind(number, seat);
  }
  desk.seat.store(seat);
  desk.calls[thread].fetch_add(1);
  futex_wake(desk.calls[thread]);
}

// Until it is; false if it goes on by itself, without a seat, because the time is over.
bool Sitter::is_called(std::size_t thread, std::uint32_t calls, Nanoseconds at_most) {
  const std::atomic<std::uint32_t>& called = calls_of(thread);
  futex_wait(calls_of(thread), calls, at_most);
  if (called.load() == calls && acting_.load() == thread && go_on(thread)) return false;
  while (called.load() == calls) futex_wait(calls_of(thread), calls, kLong);
  return true;
}

// Of a thread that has acted, and is parked without a seat, when it had been called so often: until
// it acts again, as it was called or the time is over, or until the run is.
void Sitter::sleep(std::size_t thread, std::uint32_t calls, Nanoseconds at_most) {
  const bool called = is_called(thread, calls, at_most);
  if (!called || over_.load()) return;
  acting_.store(thread);
  seat_ = s_.seat_given(mine_);
}

// False where this one keeps its seat.
bool Sitter::pass_to(int number, Nanoseconds at_most, Pass when) {
  const std::size_t thread = acting_.load();
  const std::uint32_t calls = calls_of(thread).load();
  const int seat = std::exchange(seat_, kNone);
  s_[mine_].parked.store(1);
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
int Sitter::find_ready_rank() const {
  int other = kNone;
  for (int i = 0; i < s_.ranks(); ++i) {
    const int number = (last_sent_ + i) % s_.ranks();
    if (number == mine_ || !s_.has_mail(number) || s_[number].parked.load() == 0) continue;
    if (s_[number].core.load() == seat_ + 1) return number;
    if (other == kNone) other = number;
  }
  return other;
}

int Sitter::find_ready_helper(int seat) const {
  if (s_[0].open_desks.load() == 0) return kNone;
  const Nanoseconds now = SteadyClock().now();
  for (int i = 0; i < s_.ranks(); ++i) {
    const int rank = (mine_ + i) % s_.ranks();
    const int number = s_.ranks() + rank * s_.helpers() + seat % s_.helpers();
    const Desk& desk = s_[number];
    if (number != mine_ && desk.open.load() != 0 && desk.parked.load() != 0 &&
        s_.open_for(number, now) >= kHelperPatience)
      return number;
  }
  return kNone;
}

int Sitter::find_ready() const {
  const int rank = find_ready_rank();
  return rank == kNone ? find_ready_helper(seat_) : rank;
}

void Sitter::wait(Nanoseconds at_most, bool rest) {
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
  s_[mine_].parked.store(1);
  if (seat != kNone)
    give_back(seat);
  else if (s_.has_mail(mine_))
    offer_free_seat(mine_);
  sleep(thread, calls, at_most);
}

void Sitter::let_ranks_in(Nanoseconds at_most) {
  const int rank = find_ready_rank();
  if (rank != kNone) pass_to(rank, at_most, Pass::kAnyway);
}

void Sitter::leave() {
  const int seat = std::exchange(seat_, kNone);
  if (seat != kNone) give_back(seat);
  s_[mine_].core.store(0);
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const int core : s_.cores()) CPU_SET(static_cast<std::size_t>(core), &all);
  ::sched_setaffinity(0, sizeof all, &all);
}

}  // namespace mixnn
