#pragma once
#include "mixnn/onion/epoch.hpp"
#include "mixnn/rounds/lane.hpp"

namespace mixnn {

// What the owner and one rank derive all else from in a key epoch of traffic in rounds.
Key round_secret(const EpochKeys& keys);
LaneKeys lane_keys(const Key& secret);

}  // namespace mixnn
