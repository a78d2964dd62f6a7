#pragma once
#include <cstddef>

#include "mixnn/session/options.hpp"

namespace mixnn {

// What routes tell the ends of messages, from public numbers alone (docs/threat-model.md, P9). In
// rounds of one draw: who is no end of a circuit learns nothing.

// Bits that a host learns of its position among the hosts by its place among the virtual ones.
double position_bits(std::size_t ranks, std::size_t stages);
// Bits that a host learns of its next host, or of the one before it, by its own links and all that
// it relays; of three hops at most. Of two it is about what the crossover tells, which is its first
// relay: who that is not.
double host_bits_of_draw(std::size_t ranks, std::size_t hops);
// The same of so many draws, at most.
double host_bits_of_draws(std::size_t ranks, std::size_t hops, std::size_t draws);
// That of a draw, if the first relay of its circuit tells it the crossover.
double relay_bits_of_draw(std::size_t ranks, std::size_t hops);
// The probability with which an end of a circuit and so many relays hold all of it.
double whole_path_probability(std::size_t ranks, std::size_t hops, std::size_t relays);
// The probability with which so many ranks hold the crossover of an onion's route: with an end of
// the message they then know the other one.
double onion_crossover_probability(std::size_t ranks, std::size_t relays);

}  // namespace mixnn
