#pragma once
#include "mixnn/crypto/random.hpp"
#include "mixnn/onion/ticket.hpp"

namespace mixnn {

// Makes cell `index` of a ticket's message: header and its filler, the sender's body layers, their
// tags in the lane. `payload` is at most the body and is padded with zeros to it; it is read once,
// straight into the cell. `cell`: the whole cell, whatever was in it.
void wrap(const Ticket& ticket, std::uint32_t index, ConstBytes payload, const BulkAead& aead,
          Csprng& rng, Bytes cell);

}  // namespace mixnn
