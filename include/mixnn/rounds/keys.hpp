#pragma once
#include "mixnn/crypto/hash.hpp"
#include "mixnn/rounds/table.hpp"

namespace mixnn {

// The roots of one draw and key epoch, each of one link of the rank whose secret S the owner shares
// with it. The rank derives its own; the owner derives them all, and gives each to the one other
// rank that needs it, to which it says nothing about whose it is.

// Of a crossover, by the link on which a slot reaches it: opens what the slot's sender sealed.
Key p_key(const Key& secret, DrawNumber draw, std::uint32_t in);
// Of a crossover, by the link on which a slot leaves it: a cover that the slot's receiver strips.
Key q_key(const Key& secret, DrawNumber draw, std::uint32_t out);
// Of a sender, by the first link: seals the text for the slot's receiver.
Key k_key(const Key& secret, DrawNumber draw, std::uint32_t first);
// Of a crossover: what it puts in the place of the tag that it has opened, by the link on which the
// slot reaches it; and what goes out in the place of a whole slot, by the link on which it leaves.
// No other rank has these.
Key filler_key(const Key& secret, DrawNumber draw, std::uint32_t in);
Key void_key(const Key& secret, DrawNumber draw, std::uint32_t out);

// Of what a rank shows the owner (blame/showing.hpp), from the key of its lane to it.
Key show_key(const Key& to_owner);

}  // namespace mixnn
