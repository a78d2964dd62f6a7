#include "mixnn/machine/host_turns.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace mixnn {

using namespace std::chrono_literals;

HostTurns::HostTurns(Setup setup)
    : setup_(std::move(setup)), yields_(setup_.crowded ? 500 : 20'000) {}

void HostTurns::ask_again(unsigned turn) {
  if (turn < yields_)
    ::sched_yield();
  else
    nap(std::min<Nanoseconds>(20us * (1 + (turn - yields_) / 50), 500us));
}

// New threads have the slack of the one that starts them.
void HostTurns::keep_time() {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  leave();
}

void HostTurns::nap(Nanoseconds at_most) {
  const timespec span{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
  ::nanosleep(&span, nullptr);
}

}  // namespace mixnn
