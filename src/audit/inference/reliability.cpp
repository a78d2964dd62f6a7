#include "mixnn/audit/inference/reliability.hpp"

#include <algorithm>
#include <cmath>

namespace mixnn {
namespace {

constexpr std::size_t kReliabilityBins = 10;

}  // namespace

Reliability reliability(std::span<const Claim> claims) {
  std::vector<ReliabilityBin> sums(kReliabilityBins);
  for (const Claim& claim : claims) {
    const auto bin = static_cast<std::size_t>(std::max(claim.stated, 0.0) * kReliabilityBins);
    ReliabilityBin& sum = sums[std::min(bin, kReliabilityBins - 1)];
    sum.stated += claim.stated;
    sum.real += claim.holds ? 1 : 0;
    ++sum.claims;
  }
  Reliability all;
  for (ReliabilityBin& bin : sums) {
    if (bin.claims == 0) continue;
    all.error += std::abs(bin.stated - bin.real) / static_cast<double>(claims.size());
    bin.stated /= static_cast<double>(bin.claims);
    bin.real /= static_cast<double>(bin.claims);
    all.bins.push_back(bin);
  }
  return all;
}

}  // namespace mixnn
