#pragma once
#include "mixnn/crypto/random.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {

// The layers of a cell's body, in place. Two of them are sealed, for the two nodes that vouch for a body: k
// for the receiver, p_c for the crossover. All others are keystreams, which hide a body as well and cost a
// third less; what is altered under them is noticed by the next of the two (docs/protocol.md, "Body").

// What k seals, and its tag.
inline Bytes body_of(Bytes cell) { return cell.subspan(kBodyOffset); }
inline Bytes body_tag(Bytes cell) { return cell.subspan(kBodyOffset - kAeadTagBytes, kAeadTagBytes); }

// What p_c seals, k's tag and the body, and its tag. Once it is open, and without relays, the place of that
// tag is filler.
inline Bytes outer_text(Bytes cell) { return cell.subspan(kBodyOffset - kAeadTagBytes); }
inline Bytes outer_tag(Bytes cell) { return cell.subspan(kCoveredOffset, kAeadTagBytes); }

// Puts a keystream on both tags and the body, or takes it off: that is the same.
inline void cover(Bytes cell, const Key& key, std::uint32_t index, const BulkAead& aead) {
  const Bytes covered = cell.subspan(kCoveredOffset);
  aead.xor_keystream(key, index, covered, covered);
}

// Draws anew what is behind the live part of the header, down to the tags: the keystream of a fresh key,
// which is faster than the generator.
inline void redraw_filler(Bytes cell, std::size_t live, const BulkAead& aead, Csprng& rng) {
  const Bytes filler = cell.subspan(live, kCoveredOffset - live);
  std::memset(filler.data(), 0, filler.size());
  aead.xor_keystream(rng.key(), 0, filler, filler);
}

}  // namespace mixnn
