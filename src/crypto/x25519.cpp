#include "mixnn/crypto/x25519.hpp"

#include "sodium.hpp"

namespace mixnn {

X25519KeyPair X25519KeyPair::generate() {
  ensure_sodium();
  Key secret;
  randombytes_buf(secret.bytes().data(), secret.size());
  return from_secret(secret);
}

X25519KeyPair X25519KeyPair::from_secret(const Key& secret) {
  ensure_sodium();
  X25519KeyPair pair;
  pair.secret = secret;
  crypto_scalarmult_base(u8(Bytes(pair.public_key)), u8(secret.bytes()));
  return pair;
}

std::optional<Key> X25519KeyPair::shared_with(const PublicKey& theirs) const {
  Key shared;
  if (crypto_scalarmult(u8(shared.bytes()), u8(secret.bytes()), u8(ConstBytes(theirs))) != 0)
    return std::nullopt;
  return shared;
}

// Every secret is a multiple of 8 and none of the group's order, so any of them will do.
bool is_usable(const PublicKey& key) {
  Key any;
  any.bytes()[0] = std::byte{8};
  return X25519KeyPair{any, {}}.shared_with(key).has_value();
}

}  // namespace mixnn
