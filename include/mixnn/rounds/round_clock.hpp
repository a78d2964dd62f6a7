#pragma once
#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// When rounds go, by this rank's own clock: round r of exchange e at t0 + T ((h + 1) e + r), so
// that when it goes tells nothing of what the rank computes (docs/rounds.md, "Pace"). Nobody can go
// before all has come: who must wait for others, because their clocks began later or run slower, or
// because they have been stopped, follows them. Rounds are counted over all exchanges ("place").
class RoundClock {
 public:
  // `period`: T; 0: whenever it can.
  explicit RoundClock(Nanoseconds period = {}) : period_(period) {}
  Nanoseconds period() const { return period_; }
  // From the next round on.
  void set_period(Nanoseconds period) {
    period_ = period;
    anchored_ = false;
  }

  // When this round, the next, may go: the first at once.
  Nanoseconds due(std::uint64_t place) const {
    if (!anchored_) return Nanoseconds{0};
    return anchor_.at + period_ * static_cast<std::int64_t>(place - anchor_.place);
  }
  // It goes now. Who is later than by a whole round counts from here on; who is less, makes up for
  // it.
  void goes(std::uint64_t place, Nanoseconds now) {
    if (anchored_ && now - due(place) <= period_) return;
    anchor_ = {place, now};
    anchored_ = true;
  }

 private:
  struct Anchor {
    std::uint64_t place = 0;
    Nanoseconds at{0};
  };
  Nanoseconds period_;
  Anchor anchor_;  // of a round that went, if there is one
  bool anchored_ = false;
};

}  // namespace mixnn
