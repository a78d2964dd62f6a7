#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "mixnn/crypto/hash.hpp"

namespace mixnn {

// The Noise protocol framework, revision 34: Noise_NN_25519_ChaChaPoly_SHA256 (§5 for the objects,
// §7.5 for the pattern). The initiator and the responder are not authenticated: whoever sits
// between them from the start can read along.

struct X25519KeyPair {
  Key secret;
  std::array<std::byte, 32> public_key{};
  static X25519KeyPair generate();
  static X25519KeyPair from_secret(const Key& secret);
};

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
  std::vector<std::byte> seal_and_hash(ConstBytes text);
  std::optional<std::vector<std::byte>> open_and_hash(ConstBytes sealed);
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

// -> e
// <- e, ee
class NoiseNN {
 public:
  NoiseNN(NoiseSide side, ConstBytes prologue,
          const X25519KeyPair& ephemeral = X25519KeyPair::generate());

  std::vector<std::byte> write_message(ConstBytes payload);
  // The payload; nothing where the message is not what the protocol expects, and then the handshake
  // is over.
  std::optional<std::vector<std::byte>> read_message(ConstBytes message);
  NoiseSession finish() const;  // after both messages

 private:
  bool mix_ee();

  NoiseSide side_;
  X25519KeyPair ephemeral_;
  std::array<std::byte, 32> remote_{};
  NoiseSymmetricState symmetric_;
  int messages_ = 0;
};

}  // namespace mixnn
