#include "mixnn/crypto/aead.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <vector>

#include "ipsec_mb.hpp"
#include "keyed_sodium.hpp"
#include "nonce.hpp"
#include "sodium.hpp"

namespace mixnn {
namespace {

void check_sizes(ConstBytes in, ConstBytes out, ConstBytes tag) {
  MIXNN_CHECK(in.size() == out.size() && tag.size() == kAeadTagBytes, "AEAD sizes");
}

void check_sizes(ConstBytes in, ConstBytes out) {
  MIXNN_CHECK(in.size() == out.size(), "AEAD sizes");
}

class SodiumAead : public BulkAead {
 public:
  void seal_box(const Key& key, ConstBytes plaintext, Bytes box) const override {
    mixnn::seal_box(key, plaintext, box);
  }
  bool open_box(const Key& key, ConstBytes box, Bytes plaintext) const override {
    return mixnn::open_box(key, box, plaintext);
  }
  void seal_padded(const Key& key, ConstBytes plaintext, Bytes ciphertext,
                   Bytes tag) const override {
    padded_.assign(plaintext.begin(), plaintext.end());
    padded_.resize(ciphertext.size());
    seal(key, padded_, ciphertext, tag);
    wipe(padded_);
  }

 private:
  mutable std::vector<std::byte> padded_;
};

class SodiumAes256Gcm final : public SodiumAead {
 public:
  std::string name() const override { return "libsodium AES-256-GCM"; }
  void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const override {
    check_sizes(plaintext, ciphertext, tag);
    crypto_aead_aes256gcm_encrypt_detached(u8(ciphertext), u8(tag), nullptr, u8(plaintext),
                                           plaintext.size(), nullptr, 0, nullptr, kNonce.data(),
                                           u8(key.bytes()));
  }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return make_keyed_sodium(AeadSuite::kAes256Gcm, key);
  }
  bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag, Bytes plaintext) const override {
    check_sizes(ciphertext, plaintext, tag);
    return crypto_aead_aes256gcm_decrypt_detached(u8(plaintext), nullptr, u8(ciphertext),
                                                  ciphertext.size(), u8(tag), nullptr, 0,
                                                  kNonce.data(), u8(key.bytes())) == 0;
  }
  // libsodium has no AES-CTR of its own.
  void xor_keystream(const Key& key, ConstBytes in, Bytes out) const override {
    std::array<std::byte, kAeadTagBytes> unused;
    seal(key, in, out, unused);
  }
};

class SodiumChaCha20Poly1305 final : public SodiumAead {
 public:
  std::string name() const override { return "libsodium ChaCha20-Poly1305"; }
  void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const override {
    check_sizes(plaintext, ciphertext, tag);
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(u8(ciphertext), u8(tag), nullptr,
                                                       u8(plaintext), plaintext.size(), nullptr, 0,
                                                       nullptr, kNonce.data(), u8(key.bytes()));
  }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return make_keyed_sodium(AeadSuite::kChaCha20Poly1305, key);
  }
  bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag, Bytes plaintext) const override {
    check_sizes(ciphertext, plaintext, tag);
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
               u8(plaintext), nullptr, u8(ciphertext), ciphertext.size(), u8(tag), nullptr, 0,
               kNonce.data(), u8(key.bytes())) == 0;
  }
  void xor_keystream(const Key& key, ConstBytes in, Bytes out) const override {
    check_sizes(in, out);
    constexpr std::uint32_t kFirstBlock = 1;  // block 0 is the one-time key of Poly1305
    crypto_stream_chacha20_ietf_xor_ic(u8(out), u8(in), in.size(), kNonce.data(), kFirstBlock,
                                       u8(key.bytes()));
  }
};

}  // namespace

std::string to_string(AeadSuite suite) {
  return suite == AeadSuite::kAes256Gcm ? "aes256gcm" : "chacha20poly1305";
}

bool aes256gcm_available() {
  ensure_sodium();
  return crypto_aead_aes256gcm_is_available() == 1;
}

std::string crypto_library_version() { return std::string("libsodium ") + sodium_version_string(); }

namespace {

std::unique_ptr<BulkAead> make_sodium_aead(AeadSuite suite) {
  if (suite == AeadSuite::kChaCha20Poly1305) return std::make_unique<SodiumChaCha20Poly1305>();
  if (!aes256gcm_available()) return nullptr;
  return std::make_unique<SodiumAes256Gcm>();
}

bool same_for_size(const BulkAead& candidate, const BulkAead& reference, std::size_t size) {
  Key key;
  randombytes_buf(key.bytes().data(), key.size());
  std::vector<std::byte> text(size), ours(size), theirs(size), back(size);
  randombytes_buf(text.data(), text.size());
  std::array<std::byte, kAeadTagBytes> our_tag, their_tag;
  candidate.seal(key, text, ours, our_tag);
  reference.seal(key, text, theirs, their_tag);
  if (ours != theirs || our_tag != their_tag) return false;
  if (!candidate.open(key, theirs, their_tag, back) || back != text) return false;
  back = text;
  candidate.seal(key, back, back, our_tag);
  if (back != theirs || !candidate.open(key, back, our_tag, back) || back != text) return false;
  const ConstBytes start = ConstBytes(text).first(size / 3);
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(start.size()), text.end(), std::byte{0});
  candidate.seal_padded(key, start, ours, our_tag);
  reference.seal(key, text, theirs, their_tag);
  if (ours != theirs || our_tag != their_tag) return false;
  candidate.xor_keystream(key, text, back);
  if (back != theirs) return false;
  candidate.xor_keystream(key, back, back);
  if (back != text) return false;
  their_tag[size % kAeadTagBytes] ^= std::byte{1};
  return !candidate.open(key, theirs, their_tag, back);
}

bool same_boxes_for_size(const BulkAead& candidate, const BulkAead& reference, std::size_t size) {
  Key key;
  randombytes_buf(key.bytes().data(), key.size());
  std::vector<std::byte> text(size), box(size + kBoxOverhead), back(size);
  randombytes_buf(text.data(), text.size());
  randombytes_buf(box.data(), kBoxNonceBytes);
  std::vector<std::byte> expected = box;
  candidate.seal_box(key, text, box);
  reference.seal_box(key, text, expected);
  if (box != expected || !candidate.open_box(key, box, back) || back != text) return false;
  for (const std::size_t altered :
       {std::size_t{0}, kBoxNonceBytes - 1, kBoxNonceBytes, box.size() - 1}) {
    box[altered] ^= std::byte{1};
    if (candidate.open_box(key, box, back)) return false;
    box[altered] ^= std::byte{1};
  }
  return true;
}

// The self-test, once for each suite in a process.
bool trusted(AeadSuite suite, const BulkAead& candidate, const BulkAead& reference) {
  static std::map<AeadSuite, bool> results;
  const auto known = results.find(suite);
  if (known != results.end()) return known->second;
  return results[suite] = same_aead(candidate, reference) && same_keyed_aead(candidate, reference);
}

}  // namespace

bool same_aead(const BulkAead& candidate, const BulkAead& reference) {
  for (const std::size_t size :
       {1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1024, 4097, 16400, 65552})
    if (!same_for_size(candidate, reference, size)) return false;
  for (const std::size_t size : {1, 63, 64, 65, 192, 1000})
    if (!same_boxes_for_size(candidate, reference, size)) return false;
  return true;
}

std::unique_ptr<BulkAead> make_bulk_aead(AeadSuite suite, AeadBackend backend) {
  ensure_sodium();
  std::unique_ptr<BulkAead> sodium = make_sodium_aead(suite);
  const char* const wanted = std::getenv("MIXNN_AEAD_BACKEND");
  if (backend == AeadBackend::kBest && wanted != nullptr && std::string_view(wanted) == "libsodium")
    backend = AeadBackend::kSodium;
  if (backend == AeadBackend::kSodium || !sodium) return sodium;
  std::unique_ptr<BulkAead> fast = make_ipsec_mb_aead(suite);
  if (fast && trusted(suite, *fast, *sodium)) return fast;
  return backend == AeadBackend::kIpsecMb ? nullptr : std::move(sodium);
}

void seal_box(const Key& key, ConstBytes plaintext, Bytes box) {
  MIXNN_CHECK(box.size() == plaintext.size() + kBoxOverhead, "size of a box");
  const Bytes cipher = box.subspan(kBoxNonceBytes, plaintext.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
      u8(cipher), u8(box.last(kAeadTagBytes)), nullptr, u8(plaintext), plaintext.size(), nullptr, 0,
      nullptr, u8(box), u8(key.bytes()));
}

bool open_box(const Key& key, ConstBytes box, Bytes plaintext) {
  MIXNN_CHECK(box.size() == plaintext.size() + kBoxOverhead, "size of a box");
  const ConstBytes cipher = box.subspan(kBoxNonceBytes, plaintext.size());
  return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
             u8(plaintext), nullptr, u8(cipher), cipher.size(), u8(box.last(kAeadTagBytes)),
             nullptr, 0, u8(box), u8(key.bytes())) == 0;
}

void seal_rfc8439(const Key& key, std::span<const std::byte, 12> nonce, ConstBytes associated,
                  ConstBytes text, Bytes out) {
  MIXNN_CHECK(out.size() == text.size() + kAeadTagBytes, "size of a sealed text");
  crypto_aead_chacha20poly1305_ietf_encrypt(u8(out), nullptr, u8(text), text.size(), u8(associated),
                                            associated.size(), nullptr, u8(ConstBytes(nonce)),
                                            u8(key.bytes()));
}

bool open_rfc8439(const Key& key, std::span<const std::byte, 12> nonce, ConstBytes associated,
                  ConstBytes sealed, Bytes text) {
  MIXNN_CHECK(sealed.size() == text.size() + kAeadTagBytes, "size of a sealed text");
  return crypto_aead_chacha20poly1305_ietf_decrypt(u8(text), nullptr, nullptr, u8(sealed),
                                                   sealed.size(), u8(associated), associated.size(),
                                                   u8(ConstBytes(nonce)), u8(key.bytes())) == 0;
}

}  // namespace mixnn
