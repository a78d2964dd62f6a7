#pragma once
#include "mixnn/forecast/forecast.hpp"
#include "mixnn/forecast/run_setting.hpp"

namespace mixnn {

// What spot checks cost on top of a step's work, on average, as a share of it: the replays, the
// messages in which ranks open windows, digests and copies. `hash_bytes_per_s`: of TreeHash on this
// machine. Not modelled: the pause at the end of a window. Pure.
double spot_check_work(const RunSetting& setting, const Forecast& forecast,
                       double hash_bytes_per_s);

// Measures that speed: some milliseconds.
double measured_hash_speed();

}  // namespace mixnn
