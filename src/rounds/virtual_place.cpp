#include "mixnn/rounds/virtual_place.hpp"

#include <cmath>
#include <numeric>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr int kLawSteps = 500;

// How likely any host is at each link, counted from the first that one can be at.
std::vector<double> at_links(std::size_t hosts, const std::vector<double>& law) {
  std::vector<double> shares(law.size() + hosts - 1, 0.0);
  for (std::size_t before = 0; before < law.size(); ++before)
    for (std::size_t host = 0; host < hosts; ++host)
      shares[before + host] += law[before] / static_cast<double>(hosts);
  return shares;
}

// By the number before the chain: bits that the hosts learn with it, on average. Their mean by the
// law is what a host learns, and they are the slope of that.
std::vector<double> bits_by_number(std::size_t hosts, const std::vector<double>& law) {
  const std::vector<double> shares = at_links(hosts, law);
  std::vector<double> bits(law.size(), 0.0);
  for (std::size_t before = 0; before < law.size(); ++before)
    for (std::size_t host = 0; host < hosts && law[before] > 0; ++host)
      bits[before] += std::log2(law[before] / shares[before + host]) / static_cast<double>(hosts);
  return bits;
}

}  // namespace

std::vector<double> place_law(std::size_t hosts, std::size_t most) {
  MIXNN_CHECK(hosts > 0 && most > 0, "a chain and its places");
  std::vector<double> law(most, 1 / static_cast<double>(most));
  for (int step = 0; step < kLawSteps; ++step) {
    const std::vector<double> bits = bits_by_number(hosts, law);
    for (std::size_t i = 0; i < most; ++i) law[i] *= std::exp2(-bits[i]);
    const double sum = std::accumulate(law.begin(), law.end(), 0.0);
    for (double& share : law) share /= sum;
  }
  return law;
}

double place_bits(std::size_t hosts, const std::vector<double>& law) {
  const std::vector<double> bits = bits_by_number(hosts, law);
  return std::inner_product(law.begin(), law.end(), bits.begin(), 0.0);
}

std::uint32_t draw_place(const std::vector<double>& law, Csprng& rng) {
  constexpr std::uint32_t kParts = std::uint32_t{1} << 30;
  double left = rng.below(kParts) / static_cast<double>(kParts);
  std::uint32_t place = 0;
  while (place + 1 < law.size() && left >= law[place]) left -= law[place++];
  return place + 1;
}

}  // namespace mixnn
