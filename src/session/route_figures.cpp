#include "mixnn/session/route_figures.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/check.hpp"
#include "mixnn/rounds/virtual_place.hpp"

namespace mixnn {
namespace {

double entropy_of(double probability, double times) {
  return -times * probability * std::log2(probability);
}

// Measured, of a host with all its tables, of five and six ranks (bench/host_view.cpp). That of six
// is taken for more, too, of which single counts say less.
constexpr double kBitsOfFiveRanks = 0.56, kBitsOfMore = 0.009, kBitsOfFiveAndTwoHops = 1.28;

// A relay beside the crossover is each other rank than the far end with this probability. The far
// end itself is it once in n - 1 times; of five ranks as often as others.
double far_end(double ranks) { return 1 / (ranks > 5 ? ranks - 1 : ranks - 2); }
double other_relay(double ranks) { return (1 - far_end(ranks)) / (ranks - 3); }

}  // namespace

double position_bits(std::size_t ranks, std::size_t stages) {
  if (stages < 2) return 0;  // there is nothing to learn
  return place_bits(stages, place_law(stages, ranks - 1 - stages));
}

double host_bits_of_draw(std::size_t ranks, std::size_t hops) {
  MIXNN_CHECK(ranks >= kLeastRoundRanks && hops >= 1 && hops <= 3, "figures of rounds");
  const auto n = static_cast<double>(ranks);
  if (ranks == kLeastRoundRanks) return hops < 3 ? kBitsOfFiveAndTwoHops : kBitsOfFiveRanks;
  return hops < 3 ? std::log2((n - 1) / (n - 2)) : kBitsOfMore;
}

double host_bits_of_draws(std::size_t ranks, std::size_t hops, std::size_t draws) {
  const double all = std::log2(static_cast<double>(ranks) - 2);  // neither itself nor the owner
  return std::min(all, static_cast<double>(draws) * host_bits_of_draw(ranks, hops));
}

// The other end is not the crossover, and the relay itself a little less often than others.
double relay_bits_of_draw(std::size_t ranks, std::size_t hops) {
  if (hops < 3) return host_bits_of_draw(ranks, hops);
  const auto n = static_cast<double>(ranks);
  const double left = entropy_of(far_end(n), 1) + entropy_of(other_relay(n), n - 3);
  return std::max(host_bits_of_draw(ranks, hops), std::log2(n - 1) - left);
}

double whole_path_probability(std::size_t ranks, std::size_t hops, std::size_t relays) {
  MIXNN_CHECK(ranks >= kLeastRoundRanks && hops >= 1 && hops <= 3, "figures of rounds");
  if (relays == 0) return 0;
  const auto n = static_cast<double>(ranks), c = static_cast<double>(relays);
  const double crossover = c / (n - 2);
  const double beside = (c - 1) * other_relay(n);  // one of the others
  const double end_or_beside = beside + far_end(n);
  return std::min(1.0, hops == 1   ? crossover
                       : hops == 2 ? crossover * end_or_beside
                                   : crossover * beside * end_or_beside);
}

double onion_crossover_probability(std::size_t ranks, std::size_t relays) {
  return std::min(1.0, static_cast<double>(relays) / static_cast<double>(ranks));
}

}  // namespace mixnn
