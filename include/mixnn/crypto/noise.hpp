#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "mixnn/crypto/hash.hpp"
#include "mixnn/crypto/noise_pattern.hpp"
#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

// The Noise protocol framework, revision 34 (§5 for the objects), with X25519, ChaCha20-Poly1305
// and SHA-256: Noise_<pattern>_25519_ChaChaPoly_SHA256.

// CipherState (§5.1): a key and a counter; each call uses the next nonce.
class NoiseCipher {
 public:
  explicit NoiseCipher(const Key& key) : key_(key) {}
  std::vector<std::byte> seal(ConstBytes associated, ConstBytes text);
  std::optional<std::vector<std::byte>> open(ConstBytes associated, ConstBytes sealed);

 private:
  Key key_;
  std::uint64_t nonce_ = 0;
};

// SymmetricState (§5.2): the chaining key and the hash of all that was said.
class NoiseSymmetricState {
 public:
  explicit NoiseSymmetricState(std::string_view protocol_name);
  void mix_hash(ConstBytes data);
  void mix_key(ConstBytes input);
  void mix_key_and_hash(ConstBytes input);
  std::vector<std::byte> seal_and_hash(ConstBytes text);
  std::optional<std::vector<std::byte>> open_and_hash(ConstBytes sealed);
  bool has_cipher() const { return cipher_.has_value(); }
  KeyPair2 split() const;
  const Digest& hash() const { return hash_; }

 private:
  Key chaining_key_;
  Digest hash_;
  std::optional<NoiseCipher> cipher_;
};

enum class NoiseSide { kInitiator, kResponder };

// What a finished handshake gives: one cipher a direction, and a hash that both sides share.
struct NoiseSession {
  NoiseCipher send, receive;
  Digest handshake_hash;
};

// What a side brings: its static key, if its pattern has one; the other's, if it must know that
// beforehand (it must be usable, see is_usable()); the pre-shared key, if there is one.
struct NoiseKeys {
  X25519KeyPair ephemeral = X25519KeyPair::generate();
  std::optional<X25519KeyPair> own = std::nullopt;
  std::optional<PublicKey> remote = std::nullopt;
  std::optional<Key> psk = std::nullopt;
};

// HandshakeState (§5.3) of any pattern in the table: the two sides write and read in turn, the
// initiator first.
class NoiseHandshake {
 public:
  NoiseHandshake(const NoisePattern& pattern, NoiseSide side, ConstBytes prologue,
                 NoiseKeys keys = {});

  std::vector<std::byte> write_message(ConstBytes payload);
  // The payload; nothing where the message is not what the protocol expects, and then the handshake
  // is over.
  std::optional<std::vector<std::byte>> read_message(ConstBytes message);
  bool finished() const { return done_ == static_cast<int>(pattern_->messages); }
  NoiseSession finish() const;  // after the last message

  // The other side's static key, once it is known.
  const std::optional<PublicKey>& remote() const { return keys_.remote; }

 private:
  bool is_our_turn() const;
  void write(NoiseToken token, std::vector<std::byte>& message);
  bool read(NoiseToken token, ConstBytes& message);
  void mix_ephemeral(const PublicKey& key);
  void mix_shared(bool our_static, bool their_static);

  const NoisePattern* pattern_;
  NoiseSide side_;
  NoiseKeys keys_;
  std::optional<PublicKey> remote_ephemeral_;
  NoiseSymmetricState symmetric_;
  int done_ = 0;  // messages; -1: it has failed
};

}  // namespace mixnn
