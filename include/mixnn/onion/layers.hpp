#pragma once
#include "mixnn/crypto/random.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {

// The layers of a cell's body, in place. Those that somebody vouches for are seals: k, for the
// receiver, and p_2 to p_c (or p_1, where that is p_c), for relays up to the crossover. All others
// are covers, keystreams, which hide a body as well and cost a third less; what is altered under
// them is noticed by the next that opens a seal (docs/protocol.md, "Body").

// The outermost of `tags` seals goes over the inner tags and the body; its own tag stands just
// before them.
inline Bytes sealed_text(Bytes cell, std::size_t tags) {
  return cell.subspan(kBodyOffset - (tags - 1) * kAeadTagBytes);
}
inline Bytes seal_tag(Bytes cell, std::size_t tags) {
  return cell.subspan(kBodyOffset - tags * kAeadTagBytes, kAeadTagBytes);
}
// So many tags are live before the seal is opened.
inline constexpr std::size_t kTagsAtOpen = 3, kTagsAtCrossover = 2, kTagsAtReceiver = 1;

// Puts a keystream on the places of all tags and the body, or takes it off: that is the same.
inline void cover(Bytes cell, const Key& key, const BulkAead& aead) {
  const Bytes covered = cell.subspan(kCoveredOffset);
  aead.xor_keystream(key, covered, covered);
}

// Draws anew what lies between the live part of the header and the last `tags` places of tags: the
// keystream of a fresh key, which is faster than the generator.
inline void redraw_filler(Bytes cell, std::size_t live, std::size_t tags, const BulkAead& aead,
                          Csprng& rng) {
  const Bytes filler = cell.subspan(live, kBodyOffset - tags * kAeadTagBytes - live);
  std::memset(filler.data(), 0, filler.size());
  aead.xor_keystream(rng.key(), filler, filler);
}

}  // namespace mixnn
