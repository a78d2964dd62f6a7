#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "mixnn/audit/inference/posterior.hpp"

namespace mixnn {

// Claims to which about the same probability was stated: the mean of that, and the share of those
// that hold. In a calibrated model they are the same but for chance.
struct ReliabilityBin {
  double stated = 0, real = 0;
  std::size_t claims = 0;
};

struct Reliability {
  std::vector<ReliabilityBin> bins;  // by rising probability, tenths; those with claims
  double error = 0;                  // mean distance of stated and real, by claims
};

Reliability reliability(std::span<const Claim> claims);

}  // namespace mixnn
