#pragma once
#include <cstdint>

#include "mixnn/crypto/hash.hpp"

namespace mixnn {

// The keys that the owner and one node share in one epoch, from a chain that only goes forward
// (P7): who has the keys of an epoch computes none of earlier ones, and none of later ones without
// the fresh secret that each step takes in.
class EpochKeys {
 public:
  // Of epoch 0, from a secret and the transcript of the handshake in which it was sent.
  EpochKeys(const Key& root, const Digest& handshake_hash);

  EpochKeys next(const Key& fresh) const;
  std::uint32_t epoch() const { return epoch_; }
  const Key& slot_key() const { return slot_key_; }

 private:
  EpochKeys() = default;
  void derive_slot_key();

  std::uint32_t epoch_ = 0;
  Key chain_;
  Key slot_key_;
};

// A secret permutation of [0, 2^bits): ten Feistel rounds (Luby and Rackoff 1988) over SipHash. It
// hides from a node how many cells were made for it, and in which order, by the numbers on them. 2
// <= bits <= 40, even.
class SerialPermutation {
 public:
  SerialPermutation(const Secret<16>& key, unsigned bits);
  std::uint64_t operator()(std::uint64_t i) const;
  std::uint64_t size() const { return std::uint64_t{1} << bits_; }

 private:
  Secret<16> key_;
  unsigned bits_;
};

}  // namespace mixnn
