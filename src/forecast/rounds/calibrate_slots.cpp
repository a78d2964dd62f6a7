#include "mixnn/forecast/rounds/calibrate_slots.hpp"

#include <algorithm>

#include "mixnn/forecast/repeated_timing.hpp"
#include "slot_round.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLessBytes = 8, kLeastTries = 5;

std::vector<double> seconds_at(AeadSuite suite, std::size_t ranks, std::size_t capacity) {
  SlotRound round(suite, ranks, capacity);
  return repeated_timing([&] { return round.once(); }, kLeastTries);
}

}  // namespace

SlotCosts calibrate_slots(AeadSuite suite, std::size_t ranks, std::size_t message_bytes) {
  const std::size_t many = std::max<std::size_t>(message_bytes, 1024), few = many / kLessBytes;
  const std::vector<double> a = seconds_at(suite, ranks, few), b = seconds_at(suite, ranks, many);
  const auto cost = [&](std::size_t place) {
    return cost_through(static_cast<double>(slot_bytes(few)), a[place],
                        static_cast<double>(slot_bytes(many)), b[place]);
  };
  return {cost(0), cost(1), cost(2), cost(3)};
}

}  // namespace mixnn
