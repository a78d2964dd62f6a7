#include "mixnn/crypto/keyed_aead.hpp"

#include <algorithm>
#include <vector>

#include "keyed_sodium.hpp"
#include "nonce.hpp"
#include "sodium.hpp"

namespace mixnn {
namespace {

// libsodium opens nothing where the tag does not fit; what it leaves out is done all the same.
class SodiumKeyedGcm final : public KeyedAead {
 public:
  explicit SodiumKeyedGcm(const Key& key) {
    crypto_aead_aes256gcm_beforenm(&state_, u8(key.bytes()));
  }
  ~SodiumKeyedGcm() override { wipe(std::as_writable_bytes(std::span(&state_, 1))); }
  SodiumKeyedGcm(const SodiumKeyedGcm&) = delete;
  SodiumKeyedGcm& operator=(const SodiumKeyedGcm&) = delete;

 private:
  void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
               Bytes tag) const override {
    crypto_aead_aes256gcm_encrypt_detached_afternm(u8(ciphertext), u8(tag), nullptr, u8(plaintext),
                                                   plaintext.size(), nullptr, 0, nullptr,
                                                   nonce_of(nonce).data(), &state_);
  }
  bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
               Bytes plaintext) const override {
    if (crypto_aead_aes256gcm_decrypt_detached_afternm(u8(plaintext), nullptr, u8(ciphertext),
                                                       ciphertext.size(), u8(tag), nullptr, 0,
                                                       nonce_of(nonce).data(), &state_) == 0)
      return true;
    do_xor_keystream(nonce, ciphertext, plaintext);
    return false;
  }
  // libsodium has no AES-CTR of its own.
  void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
    std::array<std::byte, kAeadTagBytes> unused;
    do_seal(nonce, in, out, unused);
  }
  crypto_aead_aes256gcm_state state_;
};

// Nothing is expanded beforehand.
class SodiumKeyedChaCha final : public KeyedAead {
 public:
  explicit SodiumKeyedChaCha(const Key& key) : key_(key) {}

 private:
  void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
               Bytes tag) const override {
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        u8(ciphertext), u8(tag), nullptr, u8(plaintext), plaintext.size(), nullptr, 0, nullptr,
        nonce_of(nonce).data(), u8(key_.bytes()));
  }
  bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
               Bytes plaintext) const override {
    if (crypto_aead_chacha20poly1305_ietf_decrypt_detached(
            u8(plaintext), nullptr, u8(ciphertext), ciphertext.size(), u8(tag), nullptr, 0,
            nonce_of(nonce).data(), u8(key_.bytes())) == 0)
      return true;
    do_xor_keystream(nonce, ciphertext, plaintext);
    return false;
  }
  void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
    constexpr std::uint32_t kFirstBlock = 1;  // block 0 is the one-time key of Poly1305
    crypto_stream_chacha20_ietf_xor_ic(u8(out), u8(in), in.size(), nonce_of(nonce).data(),
                                       kFirstBlock, u8(key_.bytes()));
  }
  const Key key_;
};

bool same_in_parts(const KeyedAead& candidate, const KeyedAead& reference, std::uint64_t nonce,
                   std::size_t size, std::size_t head, std::size_t body) {
  std::vector<std::byte> text(size), ours(size), theirs(size);
  randombytes_buf(text.data(), head + body);
  const ConstBytes first = ConstBytes(text).first(head),
                   second = ConstBytes(text).subspan(head, body);
  std::vector<std::byte> our_first(head), our_second(body);
  std::array<std::byte, kAeadTagBytes> our_tag, their_tag;
  candidate.seal_parts(nonce, first, second, ours, our_tag);
  reference.seal(nonce, text, theirs, their_tag);
  if (ours != theirs || our_tag != their_tag) return false;
  if (!candidate.open_parts(nonce, theirs, their_tag, our_first, our_second)) return false;
  if (!std::ranges::equal(our_first, first) || !std::ranges::equal(our_second, second))
    return false;
  their_tag[size % kAeadTagBytes] ^= std::byte{1};
  return !candidate.open_parts(nonce, theirs, their_tag, our_first, our_second);
}

bool same_for(const KeyedAead& candidate, const KeyedAead& reference, std::uint64_t nonce,
              std::size_t size) {
  std::vector<std::byte> text(size), ours(size), theirs(size), back(size);
  randombytes_buf(text.data(), text.size());
  std::array<std::byte, kAeadTagBytes> our_tag, their_tag;
  candidate.seal(nonce, text, ours, our_tag);
  reference.seal(nonce, text, theirs, their_tag);
  if (ours != theirs || our_tag != their_tag) return false;
  if (!candidate.open(nonce, theirs, their_tag, back) || back != text) return false;
  candidate.seal(nonce, back, back, our_tag);
  if (back != theirs || !candidate.open(nonce, back, our_tag, back) || back != text) return false;
  candidate.xor_keystream(nonce, text, back);
  if (back != theirs) return false;
  candidate.xor_keystream(nonce, back, back);
  if (back != text) return false;
  their_tag[size % kAeadTagBytes] ^= std::byte{1};
  if (candidate.open(nonce, theirs, their_tag, back)) return false;
  const std::size_t head = std::min<std::size_t>(size, 33), rest = size - head;
  return same_in_parts(candidate, reference, nonce, size, head, rest) &&
         same_in_parts(candidate, reference, nonce, size, head,
                       rest - std::min<std::size_t>(rest, 20)) &&
         same_in_parts(candidate, reference, nonce, size, size / 2, size / 3) &&
         same_in_parts(candidate, reference, nonce, size, 0, 0);
}

}  // namespace

void KeyedAead::do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body,
                              Bytes ciphertext, Bytes tag) const {
  std::vector<std::byte> text(ciphertext.size());
  copy_bytes(head, text);
  copy_bytes(body, Bytes(text).subspan(head.size()));
  do_seal(nonce, text, ciphertext, tag);
  wipe(text);
}

bool KeyedAead::do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                              Bytes head, Bytes body) const {
  std::vector<std::byte> text(ciphertext.size());
  const bool opened = do_open(nonce, ciphertext, tag, text);
  copy_bytes(ConstBytes(text).first(head.size()), head);
  copy_bytes(ConstBytes(text).subspan(head.size(), body.size()), body);
  wipe(text);
  return opened;
}

std::unique_ptr<KeyedAead> make_keyed_sodium(AeadSuite suite, const Key& key) {
  ensure_sodium();
  if (suite == AeadSuite::kAes256Gcm) return std::make_unique<SodiumKeyedGcm>(key);
  return std::make_unique<SodiumKeyedChaCha>(key);
}

bool same_keyed_aead(const BulkAead& candidate, const BulkAead& reference) {
  for (const std::size_t size : {1, 16, 17, 63, 64, 65, 256, 1024, 4097, 16400, 65552}) {
    Key key;
    randombytes_buf(key.bytes().data(), key.size());
    const auto ours = candidate.keyed(key), theirs = reference.keyed(key);
    for (const std::uint64_t nonce :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x1ff}, ~std::uint64_t{0}})
      if (!same_for(*ours, *theirs, nonce, size)) return false;
  }
  return true;
}

}  // namespace mixnn
