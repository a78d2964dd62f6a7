#include "mixnn/machine/seat_turns.hpp"

#include <utility>

namespace mixnn {

using namespace std::chrono_literals;

SeatTurns::SeatTurns(Setup setup, HostGroup& host, SeatSetup seats)
    : DoorbellTurns(std::move(setup), host, true),
      seats_(host, std::move(seats.cores), seats.most_helpers, std::move(seats.has_mail)),
      wait_for_(std::move(seats.wait_for)),
      any_thread_(seats.any_thread) {}

void SeatTurns::run(FunctionRef<Turn()> turn) {
  if (!any_thread_) return Turns::run(turn);
  seats_.run([&] { return round(turn); });
}

void SeatTurns::keep_time() {
  keeps_time_ = true;
  DoorbellTurns::keep_time();
}

void SeatTurns::sent_to(int number) {
  DoorbellTurns::sent_to(number);
  seats_.sent_to(number);
}

void SeatTurns::wait(const UnderWay& under_way, unsigned turn, bool rest) {
  if (!under_way.all_shared || under_way.sending) return DoorbellTurns::wait(under_way, turn, rest);
  seats_.wait(rest ? 20ms : 10ms, rest);
}

}  // namespace mixnn
