#include "mixnn/machine/polling_turns.hpp"

namespace mixnn {

using namespace std::chrono_literals;

void PollingTurns::wait(const UnderWay& under_way, unsigned turn, bool rest) {
  if (rest) return nap(2ms);
  if (under_way.receiving || !under_way.open || under_way.sending) return ask_again(turn);
  if (turn > 0) nap(500us);  // there is no room for what comes
}

}  // namespace mixnn
