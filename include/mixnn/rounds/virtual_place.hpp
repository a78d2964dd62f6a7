#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mixnn/crypto/random.hpp"

namespace mixnn {

// Where the owner puts the chain among its virtual stages (docs/rounds.md, "Schedule"). A host sees
// at which virtual link it is, and so learns something of its position; how much depends on the law
// by which the number of virtual stages before the chain is drawn (docs/threat-model.md, P9).

// The probabilities of 1, 2, ... `most` virtual stages before a chain of so many hosts, with which
// a host learns least of its position: a convex problem, by the exponentiated gradient.
std::vector<double> place_law(std::size_t hosts, std::size_t most);
// Bits that a host learns of its position by that law, on average over the hosts.
double place_bits(std::size_t hosts, const std::vector<double>& law);
// 1 + a number drawn by the law.
std::uint32_t draw_place(const std::vector<double>& law, Csprng& rng);

}  // namespace mixnn
