#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

using Digest = std::array<std::byte, 32>;

// SHA-256 of what is given piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ConstBytes bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::initializer_list<ConstBytes> parts);  // of the parts one after the other

Key hmac_sha256(ConstBytes key, std::initializer_list<ConstBytes> parts);

// HKDF as Noise uses it (RFC 5869 with an empty info, two outputs): from a chaining key and input
// key material.
struct KeyPair2 {
  Key first, second;
};
KeyPair2 hkdf2(const Key& chaining_key, ConstBytes input);
struct KeyTriple {
  Key first, second, third;
};
KeyTriple hkdf3(const Key& chaining_key, ConstBytes input);  // with three outputs

// HChaCha20: a fast keyed pseudo-random function of 16 bytes that gives a key.
Key hchacha20(const Key& key, std::span<const std::byte, 16> input);

// SipHash-2-4: a fast keyed pseudo-random function of one 64-bit number.
std::uint64_t siphash(const Secret<16>& key, std::uint64_t input);

}  // namespace mixnn
