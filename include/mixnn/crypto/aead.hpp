#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

inline constexpr std::size_t kAeadTagBytes = 16;

// The bulk AEAD of a run. Both produce ciphertext as long as the plaintext and a 16-byte tag.
enum class AeadSuite : std::uint8_t { kAes256Gcm = 1, kChaCha20Poly1305 = 2 };
std::string to_string(AeadSuite suite);  // "aes256gcm", "chacha20poly1305"

bool aes256gcm_available();  // whether this CPU has the instructions
bool ipsec_mb_available();   // whether this build has Intel's library and this CPU can run it
std::string crypto_library_version();

// Of a box: the nonce that stands before its text, and that with the tag behind it.
inline constexpr std::size_t kBoxNonceBytes = 24;
inline constexpr std::size_t kBoxOverhead = kBoxNonceBytes + kAeadTagBytes;

class KeyedAead;

// Seals and opens cells: their bodies and the rests of their headers by the suite, header slots as
// boxes. Keys are one-use: one key for each layer of each cell, and so the nonce is always zeros;
// keyed() is for others. No associated data. Implementations give the same bytes.
class BulkAead {
 public:
  virtual ~BulkAead() = default;
  virtual std::string name() const = 0;  // of the implementation

  // `ciphertext` has the plaintext's size and is either the same memory or apart from it. `tag`: 16
  // bytes.
  virtual void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const = 0;
  // The same for a plaintext that is shorter than `ciphertext`, apart from it, and followed by
  // zeros up to its size. `ciphertext` never holds plaintext: others may be able to read it.
  virtual void seal_padded(const Key& key, ConstBytes plaintext, Bytes ciphertext,
                           Bytes tag) const = 0;
  // False, and unspecified plaintext, where the tag does not fit.
  [[nodiscard]] virtual bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag,
                                  Bytes plaintext) const = 0;
  // The suite's stream cipher alone, AES-256-CTR or ChaCha20: `out` is what seal would make of
  // `in`, without a tag. Doing it again undoes it. Nothing notices an altered text. The same
  // memory, or apart.
  virtual void xor_keystream(const Key& key, ConstBytes in, Bytes out) const = 0;

  // Boxes, whatever the suite: what seal_box() and open_box() below do. Where one does not open,
  // `plaintext` is unspecified.
  virtual void seal_box(const Key& key, ConstBytes plaintext, Bytes box) const = 0;
  [[nodiscard]] virtual bool open_box(const Key& key, ConstBytes box, Bytes plaintext) const = 0;

  // A key for many texts (keyed_aead.hpp), made ready.
  virtual std::unique_ptr<KeyedAead> keyed(const Key& key) const = 0;
};

// libsodium is always there and is the reference. ipsec-mb (Intel's library) is used for its speed
// where this build has it, the CPU can run it, and it has just given libsodium's bytes in a
// self-test.
enum class AeadBackend : std::uint8_t { kBest, kSodium, kIpsecMb };

// The suite by the best backend, or by the one that is named: null where this machine cannot. Ranks
// with different backends interoperate. The environment variable MIXNN_AEAD_BACKEND=libsodium keeps
// kBest from choosing another. One object serves one thread.
std::unique_ptr<BulkAead> make_bulk_aead(AeadSuite suite, AeadBackend backend = AeadBackend::kBest);

// Whether `candidate` seals, opens and makes keystreams and boxes as `reference` does: sizes around
// blocks and above, in place and apart, altered tags.
bool same_aead(const BulkAead& candidate, const BulkAead& reference);

// XChaCha20-Poly1305 by libsodium: `box` is nonce (24, drawn by the caller and already there) |
// ciphertext | tag (16). Keys may seal many boxes.
void seal_box(const Key& key, ConstBytes plaintext, Bytes box);
[[nodiscard]] bool open_box(const Key& key, ConstBytes box, Bytes plaintext);

// ChaCha20-Poly1305 (RFC 8439) with associated data and a 96-bit nonce; out is text | tag. For
// Noise.
void seal_rfc8439(const Key& key, std::span<const std::byte, 12> nonce, ConstBytes associated,
                  ConstBytes text, Bytes out);
[[nodiscard]] bool open_rfc8439(const Key& key, std::span<const std::byte, 12> nonce,
                                ConstBytes associated, ConstBytes sealed, Bytes text);

}  // namespace mixnn
