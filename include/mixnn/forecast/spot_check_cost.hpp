#pragma once
#include <cstddef>

#include "mixnn/forecast/forecast.hpp"
#include "mixnn/forecast/run_setting.hpp"

namespace mixnn {

// What spot checks cost on top of a step's work, on average, and what the host that keeps most
// keeps for them.
struct SpotCheckCost {
  double share = 0;  // of the work of a step
  std::size_t kept_bytes = 0;
};

// `hash_bytes_per_s`: of TreeHash on this machine. Counts the replays, the messages in which ranks
// open windows, the digests and the copies. Pure.
SpotCheckCost spot_check_cost(const RunSetting& setting, const Forecast& forecast,
                              double hash_bytes_per_s);

// Measures that speed: some milliseconds.
double measured_hash_speed();

}  // namespace mixnn
