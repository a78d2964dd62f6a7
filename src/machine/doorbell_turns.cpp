#include "mixnn/machine/doorbell_turns.hpp"

#include <sched.h>

#include <utility>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How often an idle rank looks at its doorbell, giving its core away in between, before it sleeps.
constexpr int kLooks = 64;

}  // namespace

DoorbellTurns::DoorbellTurns(Setup setup, HostGroup& host, bool all_ring)
    : HostTurns(std::move(setup)), bell_(host), all_ring_(all_ring) {}

void DoorbellTurns::wait(const UnderWay& under_way, unsigned turn, bool rest) {
  if (rest) return nap(all_ring_ && !under_way.sending ? 20ms : 2ms);
  if ((under_way.receiving && may_have_come()) || !under_way.open || under_way.sending)
    return ask_again(turn);
  if (turn == 0) {
    for (int look = 0; look < kLooks && !may_have_come(); ++look) ::sched_yield();
    if (may_have_come()) return;
  }
  nap(under_way.receiving ? 4ms : 500us);
}

// Rings already looked into, for cells that are not there yet or for which there is no room, do not
// wake.
void DoorbellTurns::nap(Nanoseconds at_most) { bell_.sleep(heard_, at_most); }

}  // namespace mixnn
