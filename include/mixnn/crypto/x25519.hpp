#pragma once
#include <array>
#include <optional>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

using PublicKey = std::array<std::byte, 32>;

// Diffie-Hellman on Curve25519 (RFC 7748).
struct X25519KeyPair {
  Key secret;
  PublicKey public_key{};
  static X25519KeyPair generate();
  static X25519KeyPair from_secret(const Key& secret);

  // Nothing if `theirs` is a point of low order: then the result would not depend on the secret.
  std::optional<Key> shared_with(const PublicKey& theirs) const;
};

// Whether a shared secret can be made with it at all: no point of low order.
bool is_usable(const PublicKey& key);

}  // namespace mixnn
