#include "mixnn/crypto/hash.hpp"

#include "sodium.hpp"

namespace mixnn {

void wipe(Bytes bytes) { sodium_memzero(bytes.data(), bytes.size()); }

struct Sha256::State {
  crypto_hash_sha256_state sodium;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->sodium); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::update(ConstBytes bytes) {
  crypto_hash_sha256_update(&state_->sodium, u8(bytes), bytes.size());
}
Digest Sha256::finish() {
  Digest digest;
  crypto_hash_sha256_final(&state_->sodium, u8(Bytes(digest)));
  return digest;
}

Digest sha256(std::initializer_list<ConstBytes> parts) {
  Sha256 hash;
  for (const ConstBytes part : parts) hash.update(part);
  return hash.finish();
}

Key hmac_sha256(ConstBytes key, std::initializer_list<ConstBytes> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, u8(key), key.size());
  for (const ConstBytes part : parts) crypto_auth_hmacsha256_update(&state, u8(part), part.size());
  Key out;
  crypto_auth_hmacsha256_final(&state, u8(out.bytes()));
  sodium_memzero(&state, sizeof state);
  return out;
}

KeyPair2 hkdf2(const Key& chaining_key, ConstBytes input) {
  const KeyTriple keys = hkdf3(chaining_key, input);
  return {keys.first, keys.second};
}

KeyTriple hkdf3(const Key& chaining_key, ConstBytes input) {
  const std::byte one{1}, two{2}, three{3};
  const Key extracted = hmac_sha256(chaining_key.bytes(), {input});
  KeyTriple out;
  out.first = hmac_sha256(extracted.bytes(), {ConstBytes(&one, 1)});
  out.second = hmac_sha256(extracted.bytes(), {out.first.bytes(), ConstBytes(&two, 1)});
  out.third = hmac_sha256(extracted.bytes(), {out.second.bytes(), ConstBytes(&three, 1)});
  return out;
}

Key hchacha20(const Key& key, std::span<const std::byte, 16> input) {
  Key output;
  crypto_core_hchacha20(u8(output.bytes()), u8(ConstBytes(input)), u8(key.bytes()), nullptr);
  return output;
}

std::uint64_t siphash(const Secret<16>& key, std::uint64_t input) {
  std::uint64_t output = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&output),
                   reinterpret_cast<const unsigned char*>(&input), sizeof input, u8(key.bytes()));
  return output;
}

}  // namespace mixnn
