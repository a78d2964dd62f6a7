#pragma once
#include "mixnn/crypto/random.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {

// One layer of a cell's body, in place. With t live tags in the lane a layer covers the inner tags and the
// data as one text, and its own tag stands just left of it.

// The text that the outermost of `tags` layers covers, and that layer's tag.
inline Bytes layer_text(Bytes cell, std::size_t tags) {
  return cell.subspan(kBodyOffset - (tags - 1) * kAeadTagBytes);
}
inline Bytes layer_tag(Bytes cell, std::size_t tags) {
  return cell.subspan(kBodyOffset - tags * kAeadTagBytes, kAeadTagBytes);
}

// Puts a layer on a cell that has `tags` live tags: then it has tags + 1.
inline void seal_layer(Bytes cell, std::size_t tags, const Key& key, std::uint32_t index,
                       const BulkAead& aead) {
  const Bytes text = layer_text(cell, tags + 1);
  aead.seal(key, index, text, text, layer_tag(cell, tags + 1));
}

// Takes the outermost of `tags` layers off. False where it was not sealed under this key.
[[nodiscard]] inline bool open_layer(Bytes cell, std::size_t tags, const Key& key, std::uint32_t index,
                                     const BulkAead& aead) {
  const Bytes text = layer_text(cell, tags);
  return aead.open(key, index, text, layer_tag(cell, tags), text);
}

// Redraws all of the lane that is not a live tag.
inline void refill_lane(Bytes cell, std::size_t tags, Csprng& rng) {
  rng.fill(cell.subspan(kLaneOffset, kLaneBytes - tags * kAeadTagBytes));
}

}  // namespace mixnn
