#pragma once
#include <functional>
#include <memory>

#include "mixnn/crypto/hash.hpp"

namespace mixnn {

// SHA-256 of leaves of one piece (crypto/tree_hash.hpp).
class LeafHash {
 public:
  virtual ~LeafHash() = default;
  // One digest for each `leaf` bytes of the piece, and one for what is left.
  virtual void hash(ConstBytes piece, std::size_t leaf, std::span<Digest> digests) = 0;
};

// By ipsec-mb, several leaves at once; null where it is not there.
std::unique_ptr<LeafHash> make_ipsec_mb_leaf_hash();

}  // namespace mixnn
