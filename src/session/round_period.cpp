#include "mixnn/session/round_period.hpp"

#include <cmath>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr double kGrid = 1.25;

}  // namespace

Nanoseconds coarse_work(Nanoseconds work) {
  Nanoseconds rounded = 1us;
  while (rounded < work) rounded *= 2;
  return rounded;
}

Nanoseconds period_for(Nanoseconds round, Nanoseconds work, std::size_t rounds) {
  const Nanoseconds least = round + work / static_cast<std::int64_t>(rounds);
  double microseconds = 1;
  while (microseconds * 1e3 < static_cast<double>(least.count())) microseconds *= kGrid;
  return Nanoseconds(static_cast<std::int64_t>(std::llround(microseconds * 1e3)));
}

}  // namespace mixnn
