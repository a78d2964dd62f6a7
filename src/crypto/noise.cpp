#include "mixnn/crypto/noise.hpp"

#include <utility>

#include "mixnn/crypto/aead.hpp"
#include "sodium.hpp"

namespace mixnn {
namespace {

std::array<std::byte, 12> noise_nonce(std::uint64_t counter) {
  std::array<std::byte, 12> nonce{};
  std::memcpy(nonce.data() + 4, &counter, sizeof counter);
  return nonce;
}

}  // namespace

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

std::vector<std::byte> NoiseCipher::seal(ConstBytes associated, ConstBytes text) {
  std::vector<std::byte> out(text.size() + kAeadTagBytes);
  seal_rfc8439(key_, noise_nonce(nonce_++), associated, text, out);
  return out;
}

std::optional<std::vector<std::byte>> NoiseCipher::open(ConstBytes associated, ConstBytes sealed) {
  if (sealed.size() < kAeadTagBytes) return std::nullopt;
  std::vector<std::byte> out(sealed.size() - kAeadTagBytes);
  if (!open_rfc8439(key_, noise_nonce(nonce_), associated, sealed, out)) return std::nullopt;
  ++nonce_;
  return out;
}

NoiseSymmetricState::NoiseSymmetricState(std::string_view protocol_name) {
  const ConstBytes name = bytes_of(protocol_name);
  hash_ = {};
  if (name.size() <= hash_.size())
    copy_bytes(name, hash_);
  else
    hash_ = sha256({name});
  chaining_key_ = Key::from(hash_);
}

void NoiseSymmetricState::mix_hash(ConstBytes data) { hash_ = sha256({hash_, data}); }

void NoiseSymmetricState::mix_key(ConstBytes input) {
  const KeyPair2 keys = hkdf2(chaining_key_, input);
  chaining_key_ = keys.first;
  cipher_.emplace(keys.second);
}

std::vector<std::byte> NoiseSymmetricState::seal_and_hash(ConstBytes text) {
  std::vector<std::byte> out =
      cipher_ ? cipher_->seal(hash_, text) : std::vector(text.begin(), text.end());
  mix_hash(out);
  return out;
}

std::optional<std::vector<std::byte>> NoiseSymmetricState::open_and_hash(ConstBytes sealed) {
  if (!cipher_) {
    mix_hash(sealed);
    return std::vector(sealed.begin(), sealed.end());
  }
  std::optional<std::vector<std::byte>> text = cipher_->open(hash_, sealed);
  mix_hash(sealed);
  return text;
}

KeyPair2 NoiseSymmetricState::split() const { return hkdf2(chaining_key_, {}); }

NoiseNN::NoiseNN(NoiseSide side, ConstBytes prologue, const X25519KeyPair& ephemeral)
    : side_(side), ephemeral_(ephemeral), symmetric_("Noise_NN_25519_ChaChaPoly_SHA256") {
  symmetric_.mix_hash(prologue);
}

bool NoiseNN::mix_ee() {
  Key shared;
  if (crypto_scalarmult(u8(shared.bytes()), u8(ephemeral_.secret.bytes()),
                        u8(ConstBytes(remote_))) != 0)
    return false;
  symmetric_.mix_key(shared.bytes());
  return true;
}

std::vector<std::byte> NoiseNN::write_message(ConstBytes payload) {
  MIXNN_CHECK(messages_ == (side_ == NoiseSide::kInitiator ? 0 : 1),
              "a handshake message out of turn");
  std::vector<std::byte> message(ephemeral_.public_key.begin(), ephemeral_.public_key.end());
  symmetric_.mix_hash(ephemeral_.public_key);                                   // e
  if (messages_++ == 1) MIXNN_CHECK(mix_ee(), "a checked key became invalid");  // ee
  const std::vector<std::byte> sealed = symmetric_.seal_and_hash(payload);
  message.insert(message.end(), sealed.begin(), sealed.end());
  return message;
}

std::optional<std::vector<std::byte>> NoiseNN::read_message(ConstBytes message) {
  MIXNN_CHECK(messages_ == (side_ == NoiseSide::kInitiator ? 1 : 0),
              "a handshake message out of turn");
  if (message.size() < remote_.size()) return std::nullopt;
  copy_bytes(message.first(remote_.size()), remote_);
  symmetric_.mix_hash(remote_);                     // e
  const int turn = std::exchange(messages_, -1);    // a handshake that fails here cannot go on
  if (turn == 1 && !mix_ee()) return std::nullopt;  // ee
  if (turn == 0) {
    // The answer will mix this key in: a low-order point is refused here, as a value, not there.
    Key probe;
    if (crypto_scalarmult(u8(probe.bytes()), u8(ephemeral_.secret.bytes()),
                          u8(ConstBytes(remote_))) != 0)
      return std::nullopt;
  }
  std::optional<std::vector<std::byte>> payload =
      symmetric_.open_and_hash(message.subspan(remote_.size()));
  if (payload) messages_ = turn + 1;
  return payload;
}

NoiseSession NoiseNN::finish() const {
  MIXNN_CHECK(messages_ == 2, "an unfinished handshake");
  const KeyPair2 keys = symmetric_.split();
  const bool initiator = side_ == NoiseSide::kInitiator;
  return {NoiseCipher(initiator ? keys.first : keys.second),
          NoiseCipher(initiator ? keys.second : keys.first), symmetric_.hash()};
}

}  // namespace mixnn
