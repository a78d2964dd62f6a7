#include "mixnn/crypto/noise.hpp"

#include <string>
#include <utility>

#include "mixnn/crypto/aead.hpp"

namespace mixnn {
namespace {

std::array<std::byte, 12> noise_nonce(std::uint64_t counter) {
  std::array<std::byte, 12> nonce{};
  std::memcpy(nonce.data() + 4, &counter, sizeof counter);
  return nonce;
}

}  // namespace

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

void NoiseSymmetricState::mix_key_and_hash(ConstBytes input) {
  const KeyTriple keys = hkdf3(chaining_key_, input);
  chaining_key_ = keys.first;
  mix_hash(keys.second.bytes());
  cipher_.emplace(keys.third);
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

NoiseHandshake::NoiseHandshake(const NoisePattern& pattern, NoiseSide side, ConstBytes prologue,
                               NoiseKeys keys)
    : pattern_(&pattern),
      side_(side),
      keys_(std::move(keys)),
      symmetric_("Noise_" + std::string(pattern.name) + "_25519_ChaChaPoly_SHA256") {
  MIXNN_CHECK(keys_.psk.has_value() == pattern.has_psk, "a pre-shared key and a pattern apart");
  symmetric_.mix_hash(prologue);
  const bool initiator = side == NoiseSide::kInitiator;
  const auto mix_known = [&](bool ours) {
    MIXNN_CHECK(ours ? keys_.own.has_value() : keys_.remote.has_value(),
                "a handshake without a key that its pattern needs");
    symmetric_.mix_hash(ours ? keys_.own->public_key : *keys_.remote);
  };
  if (pattern.knows_initiator) mix_known(initiator);
  if (pattern.knows_responder) mix_known(!initiator);
}

bool NoiseHandshake::is_our_turn() const {
  return done_ >= 0 && !finished() && (done_ % 2 == 0) == (side_ == NoiseSide::kInitiator);
}

void NoiseHandshake::mix_ephemeral(const PublicKey& key) {
  symmetric_.mix_hash(key);
  if (pattern_->has_psk) symmetric_.mix_key(key);
}

void NoiseHandshake::mix_shared(bool our_static, bool their_static) {
  const auto& theirs = their_static ? keys_.remote : remote_ephemeral_;
  MIXNN_CHECK(theirs && (!our_static || keys_.own), "a key that was not there yet");
  const std::optional<Key> shared =
      (our_static ? *keys_.own : keys_.ephemeral).shared_with(*theirs);
  MIXNN_CHECK(shared.has_value(), "a checked key became invalid");
  symmetric_.mix_key(shared->bytes());
}

void NoiseHandshake::write(NoiseToken token, std::vector<std::byte>& message) {
  const bool initiator = side_ == NoiseSide::kInitiator;
  const auto append = [&](ConstBytes bytes) {
    message.insert(message.end(), bytes.begin(), bytes.end());
  };
  switch (token) {
    case NoiseToken::kE:
      append(keys_.ephemeral.public_key);
      return mix_ephemeral(keys_.ephemeral.public_key);
    case NoiseToken::kS:
      MIXNN_CHECK(keys_.own.has_value(), "a handshake without a key that its pattern needs");
      return append(symmetric_.seal_and_hash(keys_.own->public_key));
    case NoiseToken::kEE:
      return mix_shared(false, false);
    case NoiseToken::kES:
      return mix_shared(!initiator, initiator);
    case NoiseToken::kSE:
      return mix_shared(initiator, !initiator);
    case NoiseToken::kSS:
      return mix_shared(true, true);
    case NoiseToken::kPsk:
      return symmetric_.mix_key_and_hash(keys_.psk->bytes());
    case NoiseToken::kNone:
      return;
  }
}

// Keys of low order are refused here, as values: what mixes them in later relies on it.
bool NoiseHandshake::read(NoiseToken token, ConstBytes& message) {
  if (token != NoiseToken::kE && token != NoiseToken::kS) {
    std::vector<std::byte> nothing;
    write(token, nothing);
    return true;
  }
  PublicKey key;
  const bool sealed = token == NoiseToken::kS && symmetric_.has_cipher();
  const std::size_t size = key.size() + (sealed ? kAeadTagBytes : 0);
  if (message.size() < size) return false;
  const ConstBytes field = message.first(size);
  message = message.subspan(size);
  if (token == NoiseToken::kE) {
    copy_bytes(field, key);
    if (!is_usable(key)) return false;
    remote_ephemeral_ = key;
    mix_ephemeral(key);
    return true;
  }
  const std::optional<std::vector<std::byte>> text = symmetric_.open_and_hash(field);
  if (!text) return false;
  copy_bytes(*text, key);
  if (!is_usable(key)) return false;
  keys_.remote = key;
  return true;
}

std::vector<std::byte> NoiseHandshake::write_message(ConstBytes payload) {
  MIXNN_CHECK(is_our_turn(), "a handshake message out of turn");
  std::vector<std::byte> message;
  for (const NoiseToken token : pattern_->table[static_cast<std::size_t>(done_)])
    write(token, message);
  const std::vector<std::byte> sealed = symmetric_.seal_and_hash(payload);
  message.insert(message.end(), sealed.begin(), sealed.end());
  ++done_;
  return message;
}

std::optional<std::vector<std::byte>> NoiseHandshake::read_message(ConstBytes message) {
  MIXNN_CHECK(!is_our_turn() && done_ >= 0 && !finished(), "a handshake message out of turn");
  const int turn = std::exchange(done_, -1);  // a handshake that fails here cannot go on
  for (const NoiseToken token : pattern_->table[static_cast<std::size_t>(turn)])
    if (!read(token, message)) return std::nullopt;
  std::optional<std::vector<std::byte>> payload = symmetric_.open_and_hash(message);
  if (payload) done_ = turn + 1;
  return payload;
}

NoiseSession NoiseHandshake::finish() const {
  MIXNN_CHECK(finished(), "an unfinished handshake");
  const KeyPair2 keys = symmetric_.split();
  const bool initiator = side_ == NoiseSide::kInitiator;
  return {NoiseCipher(initiator ? keys.first : keys.second),
          NoiseCipher(initiator ? keys.second : keys.first), symmetric_.hash()};
}

}  // namespace mixnn
