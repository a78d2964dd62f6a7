#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/audit/seen_traffic.hpp"

namespace mixnn {

// Which of a moment's two numbers is looked at (seen_traffic.hpp).
enum class Axis : std::uint8_t { kPlace, kSeconds };
inline double on(Axis axis, const Moment& moment) {
  return axis == Axis::kPlace ? moment.place : moment.seconds;
}

// Events of one rank along an axis, in their order.
struct Timeline {
  struct Event {
    double at = 0;
    double phase = 0;  // of its step: 0 where that begins, 1 where it ends
    std::uint32_t step = 0;
    double weight = 1;
  };
  std::vector<Event> events;

  double weight() const;
  double mean_phase() const;
  double phase_spread() const;                     // deviation from that
  double weight_in(double from, double to) const;  // of the phase
};

// For how much of a step lies between two moments, or a moment's place in one.
double phase_of(const SeenTraffic& seen, Axis axis, std::uint32_t step, const Moment& moment);
double mean_step(const SeenTraffic& seen, Axis axis);

// By rank: the cells that began at it, or ended there, each with the chance that it did. Without
// times a large cell counts for more. In rounds, where all send as much, times are how late a rank
// was in each round behind the first.
std::vector<Timeline> beginnings(const SeenTraffic& seen, Axis axis);
std::vector<Timeline> endings(const SeenTraffic& seen, Axis axis);

// By how much the second has more events than by chance between `from` and `to` behind one of the
// first, in standard deviations of a number by chance.
double follows(const Timeline& first, const Timeline& second, double from, double to,
               double length);

}  // namespace mixnn
