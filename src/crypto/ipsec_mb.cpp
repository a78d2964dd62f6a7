#include "ipsec_mb.hpp"

#include <algorithm>
#include <array>

#include "leaf_hash.hpp"
#include "mixnn/crypto/keyed_aead.hpp"
#include "nonce.hpp"
#include "sodium.hpp"

#if defined(MIXNN_HAVE_IPSEC_MB)
#include <intel-ipsec-mb.h>
#endif

namespace mixnn {

#if defined(MIXNN_HAVE_IPSEC_MB)
namespace {

// Every byte is compared, whatever the others are.
bool equal_tags(ConstBytes a, ConstBytes b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < kAeadTagBytes; ++i)
    difference |= std::to_integer<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

Manager start_manager() {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  if (arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI) return nullptr;
  return manager;
}

// What pads a text, a piece at a time: it stays in the nearest cache, and no cell is written twice.
constexpr std::array<std::uint8_t, 8192> kZeros{};

// Calls update(out, in, size) for each piece of head, body and zeros.
void seal_pieces(ConstBytes head, ConstBytes body, Bytes ciphertext, const auto& update) {
  std::uint8_t* out = u8(ciphertext);
  std::size_t left = ciphertext.size();
  const auto piece = [&](const std::uint8_t* in, std::size_t size) {
    if (size > 0) update(out, in, size);
    out += size;
    left -= size;
  };
  piece(u8(head), head.size());
  piece(u8(body), body.size());
  while (left > 0) piece(kZeros.data(), std::min(kZeros.size(), left));
}

// The same for opening. What is behind both parts is written to a place that is wiped.
void open_pieces(ConstBytes ciphertext, Bytes head, Bytes body, const auto& update) {
  const std::uint8_t* in = u8(ciphertext);
  std::size_t left = ciphertext.size();
  const auto piece = [&](std::uint8_t* out, std::size_t size) {
    if (size > 0) update(out, in, size);
    in += size;
    left -= size;
  };
  piece(u8(head), head.size());
  piece(u8(body), body.size());
  std::array<std::byte, 64> unused;
  while (left > 0) piece(u8(Bytes(unused)), std::min(unused.size(), left));
  wipe(unused);
}

// A job that encrypts and does nothing else.
IMB_JOB cipher_job(IMB_CIPHER_MODE mode, ConstBytes in, Bytes out) {
  IMB_JOB job{};
  job.cipher_mode = mode;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  job.hash_alg = IMB_AUTH_NULL;
  job.chain_order = IMB_ORDER_CIPHER_HASH;
  job.key_len_in_bytes = Key::size();
  job.src = u8(in);
  job.dst = u8(out);
  job.msg_len_to_cipher_in_bytes = in.size();
  return job;
}

void gcm_of_schedule(IMB_MGR* manager, const gcm_key_data& schedule, bool encrypt,
                     const Nonce12& nonce, ConstBytes in, Bytes out, std::uint8_t* tag) {
  alignas(64) gcm_context_data context;
  if (encrypt)
    IMB_AES256_GCM_ENC(manager, &schedule, &context, u8(out), u8(in), in.size(), nonce.data(),
                       nullptr, 0, tag, kAeadTagBytes);
  else
    IMB_AES256_GCM_DEC(manager, &schedule, &context, u8(out), u8(in), in.size(), nonce.data(),
                       nullptr, 0, tag, kAeadTagBytes);
  wipe(std::as_writable_bytes(std::span(&context, 1)));
}

struct RoundKeys {
  alignas(64) std::array<std::uint32_t, 60> words;  // 15 keys
};
void expand_key(IMB_MGR* manager, const Key& key, RoundKeys& encrypt) {
  RoundKeys decrypt;
  IMB_AES_KEYEXP_256(manager, u8(key.bytes()), encrypt.words.data(), decrypt.words.data());
  wipe(std::as_writable_bytes(std::span(&decrypt, 1)));
}

// False where the library did not do it, and left `out` alone.
bool stream_of_round_keys(IMB_MGR* manager, const RoundKeys& encrypt, const Nonce12& nonce,
                          ConstBytes in, Bytes out) {
  // GCM's first counter is that of the tag, so its text begins at the second.
  std::array<std::uint8_t, 16> counter{};
  std::copy(nonce.begin(), nonce.end(), counter.begin());
  counter.back() = 2;
  IMB_JOB job = cipher_job(IMB_CIPHER_CNTR, in, out);
  job.enc_keys = job.dec_keys = encrypt.words.data();
  job.iv = counter.data();
  job.iv_len_in_bytes = counter.size();
  return IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager, &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                         IMB_KEY_256_BYTES) == 1;
}

// A key with its schedule made.
class IpsecMbKeyedGcm final : public KeyedAead {
 public:
  IpsecMbKeyedGcm(IMB_MGR* manager, const Key& key) : manager_(manager) {
    IMB_AES256_GCM_PRE(manager, u8(key.bytes()), &schedule_);
    expand_key(manager, key, round_keys_);
  }
  ~IpsecMbKeyedGcm() override {
    wipe(std::as_writable_bytes(std::span(&schedule_, 1)));
    wipe(std::as_writable_bytes(std::span(&round_keys_, 1)));
  }
  IpsecMbKeyedGcm(const IpsecMbKeyedGcm&) = delete;
  IpsecMbKeyedGcm& operator=(const IpsecMbKeyedGcm&) = delete;

 private:
  void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
               Bytes tag) const override {
    gcm_of_schedule(manager_, schedule_, true, nonce_of(nonce), plaintext, ciphertext, u8(tag));
  }
  bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
               Bytes plaintext) const override {
    std::array<std::byte, kAeadTagBytes> expected;
    gcm_of_schedule(manager_, schedule_, false, nonce_of(nonce), ciphertext, plaintext,
                    u8(Bytes(expected)));
    return equal_tags(expected, tag);
  }
  void do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body, Bytes ciphertext,
                     Bytes tag) const override {
    alignas(64) gcm_context_data context;
    begin(nonce, context);
    seal_pieces(head, body, ciphertext, [&](auto* out, auto* in, std::size_t size) {
      IMB_AES256_GCM_ENC_UPDATE(manager_, &schedule_, &context, out, in, size);
    });
    IMB_AES256_GCM_ENC_FINALIZE(manager_, &schedule_, &context, u8(tag), kAeadTagBytes);
    wipe(std::as_writable_bytes(std::span(&context, 1)));
  }
  bool do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag, Bytes head,
                     Bytes body) const override {
    alignas(64) gcm_context_data context;
    begin(nonce, context);
    open_pieces(ciphertext, head, body, [&](auto* out, auto* in, std::size_t size) {
      IMB_AES256_GCM_DEC_UPDATE(manager_, &schedule_, &context, out, in, size);
    });
    std::array<std::byte, kAeadTagBytes> expected;
    IMB_AES256_GCM_DEC_FINALIZE(manager_, &schedule_, &context, u8(Bytes(expected)), kAeadTagBytes);
    wipe(std::as_writable_bytes(std::span(&context, 1)));
    return equal_tags(expected, tag);
  }
  void begin(std::uint64_t nonce, gcm_context_data& context) const {
    IMB_AES256_GCM_INIT(manager_, &schedule_, &context, nonce_of(nonce).data(), nullptr, 0);
  }
  void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
    if (stream_of_round_keys(manager_, round_keys_, nonce_of(nonce), in, out)) return;
    std::array<std::uint8_t, kAeadTagBytes> unused;
    gcm_of_schedule(manager_, schedule_, true, nonce_of(nonce), in, out, unused.data());
  }
  IMB_MGR* const manager_;
  alignas(64) gcm_key_data schedule_;
  RoundKeys round_keys_;
};

// One object serves one thread. Key schedule and running state are wiped after each use.
class IpsecMbAead : public BulkAead {
 public:
  explicit IpsecMbAead(Manager manager) : manager_(std::move(manager)) {}

  void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const override {
    MIXNN_CHECK(plaintext.size() == ciphertext.size() && tag.size() == kAeadTagBytes, "AEAD sizes");
    run(true, key, kNonce, plaintext, ciphertext, u8(tag));
  }
  void seal_padded(const Key& key, ConstBytes plaintext, Bytes ciphertext,
                   Bytes tag) const override {
    MIXNN_CHECK(plaintext.size() <= ciphertext.size() && tag.size() == kAeadTagBytes, "AEAD sizes");
    begin(key, kNonce);
    seal_pieces({}, plaintext, ciphertext,
                [&](auto* out, auto* in, std::size_t size) { update(key, out, in, size); });
    finish(u8(tag));
  }
  void xor_keystream(const Key& key, ConstBytes in, Bytes out) const override {
    MIXNN_CHECK(in.size() == out.size(), "AEAD sizes");
    if (in.empty() || stream(key, kNonce, in, out)) return;
    std::array<std::uint8_t, kAeadTagBytes> unused;
    run(true, key, kNonce, in, out, unused.data());
  }
  bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag, Bytes plaintext) const override {
    MIXNN_CHECK(plaintext.size() == ciphertext.size() && tag.size() == kAeadTagBytes, "AEAD sizes");
    std::array<std::byte, kAeadTagBytes> expected;
    run(false, key, kNonce, ciphertext, plaintext, u8(Bytes(expected)));
    return equal_tags(expected, tag);
  }
  void seal_box(const Key& key, ConstBytes plaintext, Bytes box) const override {
    MIXNN_CHECK(box.size() == plaintext.size() + kBoxOverhead, "size of a box");
    const Bytes cipher = box.subspan(kBoxNonceBytes, plaintext.size());
    if (!run_box(IMB_DIR_ENCRYPT, key, box, plaintext, cipher, u8(box.last(kAeadTagBytes))))
      mixnn::seal_box(key, plaintext, box);
  }
  bool open_box(const Key& key, ConstBytes box, Bytes plaintext) const override {
    MIXNN_CHECK(box.size() == plaintext.size() + kBoxOverhead, "size of a box");
    const ConstBytes cipher = box.subspan(kBoxNonceBytes, plaintext.size());
    std::array<std::byte, kAeadTagBytes> expected;
    if (!run_box(IMB_DIR_DECRYPT, key, box, cipher, plaintext, u8(Bytes(expected))))
      return mixnn::open_box(key, box, plaintext);
    return equal_tags(expected, box.last(kAeadTagBytes));
  }

 protected:
  virtual void run(bool encrypt, const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out,
                   std::uint8_t* tag) const = 0;
  // Sealing piece by piece.
  virtual void begin(const Key& key, const Nonce12& nonce) const = 0;
  virtual void update(const Key& key, std::uint8_t* out, const std::uint8_t* in,
                      std::size_t size) const = 0;
  virtual void finish(std::uint8_t* tag) const = 0;
  // False where the library did not do it, and left `out` alone.
  virtual bool stream(const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out) const = 0;
  Manager manager_;

 private:
  // XChaCha20-Poly1305 is ChaCha20-Poly1305 with a key and a nonce made of the long nonce. False
  // where the library did not do it.
  bool run_box(IMB_CIPHER_DIRECTION direction, const Key& key, ConstBytes nonce, ConstBytes in,
               Bytes out, std::uint8_t* tag) const {
    Key subkey;
    crypto_core_hchacha20(u8(subkey.bytes()), u8(nonce), u8(key.bytes()), nullptr);
    std::array<std::uint8_t, 12> short_nonce{};
    std::memcpy(short_nonce.data() + 4, nonce.data() + crypto_core_hchacha20_INPUTBYTES, 8);
    IMB_JOB* const job = IMB_GET_NEXT_JOB(manager_.get());
    *job = cipher_job(IMB_CIPHER_CHACHA20_POLY1305, in, out);
    job->cipher_direction = direction;
    job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->enc_keys = job->dec_keys = u8(subkey.bytes());
    job->iv = short_nonce.data();
    job->iv_len_in_bytes = short_nonce.size();
    job->msg_len_to_hash_in_bytes = in.size();
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = kAeadTagBytes;
    const IMB_JOB* const done = IMB_SUBMIT_JOB(manager_.get());
    return done == job && done->status == IMB_STATUS_COMPLETED;
  }
};

class IpsecMbAes256Gcm final : public IpsecMbAead {
 public:
  using IpsecMbAead::IpsecMbAead;
  std::string name() const override { return "ipsec-mb AES-256-GCM"; }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return std::make_unique<IpsecMbKeyedGcm>(manager_.get(), key);
  }

 private:
  void run(bool encrypt, const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out,
           std::uint8_t* tag) const override {
    IMB_AES256_GCM_PRE(manager_.get(), u8(key.bytes()), &schedule_);
    gcm_of_schedule(manager_.get(), schedule_, encrypt, nonce, in, out, tag);
    wipe(std::as_writable_bytes(std::span(&schedule_, 1)));
  }
  void begin(const Key& key, const Nonce12& nonce) const override {
    IMB_AES256_GCM_PRE(manager_.get(), u8(key.bytes()), &schedule_);
    IMB_AES256_GCM_INIT(manager_.get(), &schedule_, &context_, nonce.data(), nullptr, 0);
  }
  void update(const Key&, std::uint8_t* out, const std::uint8_t* in,
              std::size_t size) const override {
    IMB_AES256_GCM_ENC_UPDATE(manager_.get(), &schedule_, &context_, out, in, size);
  }
  void finish(std::uint8_t* tag) const override {
    IMB_AES256_GCM_ENC_FINALIZE(manager_.get(), &schedule_, &context_, tag, kAeadTagBytes);
    wipe(std::as_writable_bytes(std::span(&schedule_, 1)));
    wipe(std::as_writable_bytes(std::span(&context_, 1)));
  }
  bool stream(const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out) const override {
    RoundKeys encrypt;
    expand_key(manager_.get(), key, encrypt);
    const bool done = stream_of_round_keys(manager_.get(), encrypt, nonce, in, out);
    wipe(std::as_writable_bytes(std::span(&encrypt, 1)));
    return done;
  }
  alignas(64) mutable gcm_key_data
      schedule_{};  // its type does not say that the library stores it aligned
  alignas(64) mutable gcm_context_data context_{};
};

class IpsecMbChaCha20Poly1305 final : public IpsecMbAead {
  // Nothing is expanded beforehand.
  class Keyed final : public KeyedAead {
   public:
    Keyed(const IpsecMbChaCha20Poly1305& aead, const Key& key) : aead_(aead), key_(key) {}

   private:
    void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
                 Bytes tag) const override {
      aead_.run(true, key_, nonce_of(nonce), plaintext, ciphertext, u8(tag));
    }
    bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                 Bytes plaintext) const override {
      std::array<std::byte, kAeadTagBytes> expected;
      aead_.run(false, key_, nonce_of(nonce), ciphertext, plaintext, u8(Bytes(expected)));
      return equal_tags(expected, tag);
    }
    void do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body, Bytes ciphertext,
                       Bytes tag) const override {
      aead_.begin(key_, nonce_of(nonce));
      seal_pieces(head, body, ciphertext, [&](auto* out, auto* in, std::size_t size) {
        aead_.update(key_, out, in, size);
      });
      aead_.finish(u8(tag));
    }
    bool do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag, Bytes head,
                       Bytes body) const override {
      std::array<std::byte, kAeadTagBytes> expected;
      aead_.begin(key_, nonce_of(nonce));
      open_pieces(ciphertext, head, body, [&](auto* out, auto* in, std::size_t size) {
        aead_.update_opening(key_, out, in, size);
      });
      aead_.finish_opening(u8(Bytes(expected)));
      return equal_tags(expected, tag);
    }
    void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
      if (aead_.stream(key_, nonce_of(nonce), in, out)) return;
      std::array<std::byte, kAeadTagBytes> unused;
      do_seal(nonce, in, out, unused);
    }
    const IpsecMbChaCha20Poly1305& aead_;
    const Key key_;
  };

 public:
  using IpsecMbAead::IpsecMbAead;
  std::string name() const override { return "ipsec-mb ChaCha20-Poly1305"; }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return std::make_unique<Keyed>(*this, key);
  }

 private:
  void run(bool encrypt, const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out,
           std::uint8_t* tag) const override {
    alignas(64) chacha20_poly1305_context_data context;
    const std::uint8_t none = 0;
    IMB_CHACHA20_POLY1305_INIT(manager_.get(), u8(key.bytes()), &context, nonce.data(), &none, 0);
    if (encrypt) {
      IMB_CHACHA20_POLY1305_ENC_UPDATE(manager_.get(), u8(key.bytes()), &context, u8(out), u8(in),
                                       in.size());
      IMB_CHACHA20_POLY1305_ENC_FINALIZE(manager_.get(), &context, tag, kAeadTagBytes);
    } else {
      IMB_CHACHA20_POLY1305_DEC_UPDATE(manager_.get(), u8(key.bytes()), &context, u8(out), u8(in),
                                       in.size());
      IMB_CHACHA20_POLY1305_DEC_FINALIZE(manager_.get(), &context, tag, kAeadTagBytes);
    }
    wipe(std::as_writable_bytes(std::span(&context, 1)));
  }
  void begin(const Key& key, const Nonce12& nonce) const override {
    const std::uint8_t none = 0;
    IMB_CHACHA20_POLY1305_INIT(manager_.get(), u8(key.bytes()), &context_, nonce.data(), &none, 0);
  }
  void update(const Key& key, std::uint8_t* out, const std::uint8_t* in,
              std::size_t size) const override {
    IMB_CHACHA20_POLY1305_ENC_UPDATE(manager_.get(), u8(key.bytes()), &context_, out, in, size);
  }
  void finish(std::uint8_t* tag) const override {
    IMB_CHACHA20_POLY1305_ENC_FINALIZE(manager_.get(), &context_, tag, kAeadTagBytes);
    wipe(std::as_writable_bytes(std::span(&context_, 1)));
  }
  void update_opening(const Key& key, std::uint8_t* out, const std::uint8_t* in,
                      std::size_t size) const {
    IMB_CHACHA20_POLY1305_DEC_UPDATE(manager_.get(), u8(key.bytes()), &context_, out, in, size);
  }
  void finish_opening(std::uint8_t* tag) const {
    IMB_CHACHA20_POLY1305_DEC_FINALIZE(manager_.get(), &context_, tag, kAeadTagBytes);
    wipe(std::as_writable_bytes(std::span(&context_, 1)));
  }
  bool stream(const Key& key, const Nonce12& nonce, ConstBytes in, Bytes out) const override {
    IMB_JOB* const job = IMB_GET_NEXT_JOB(manager_.get());
    *job = cipher_job(IMB_CIPHER_CHACHA20, in, out);
    job->enc_keys = job->dec_keys = u8(key.bytes());
    job->iv = nonce.data();
    job->iv_len_in_bytes = nonce.size();
    const IMB_JOB* const done = IMB_SUBMIT_JOB(manager_.get());
    return done == job && done->status == IMB_STATUS_COMPLETED;
  }
  alignas(64) mutable chacha20_poly1305_context_data context_{};
};

// Lanes of the vector unit take a leaf each. A job has at most 65535 bytes.
class IpsecMbLeafHash final : public LeafHash {
 public:
  explicit IpsecMbLeafHash(Manager manager) : manager_(std::move(manager)) {}

  void hash(ConstBytes piece, std::size_t leaf, std::span<Digest> digests) override {
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const ConstBytes rest = piece.subspan(i * leaf);
      IMB_JOB* const job = IMB_GET_NEXT_JOB(manager_.get());
      *job = IMB_JOB{};
      job->cipher_mode = IMB_CIPHER_NULL;
      job->cipher_direction = IMB_DIR_ENCRYPT;
      job->chain_order = IMB_ORDER_HASH_CIPHER;
      job->hash_alg = IMB_AUTH_SHA_256;
      job->src = u8(rest);
      job->msg_len_to_hash_in_bytes = std::min(leaf, rest.size());
      job->auth_tag_output = u8(Bytes(digests[i]));
      job->auth_tag_output_len_in_bytes = digests[i].size();
      check(IMB_SUBMIT_JOB(manager_.get()));
    }
    while (const IMB_JOB* const done = IMB_FLUSH_JOB(manager_.get())) check(done);
  }

 private:
  static void check(const IMB_JOB* done) {
    MIXNN_CHECK(done == nullptr || done->status == IMB_STATUS_COMPLETED, "ipsec-mb hashes a leaf");
  }
  Manager manager_;
};

}  // namespace

std::unique_ptr<LeafHash> make_ipsec_mb_leaf_hash() {
  Manager manager = start_manager();
  if (!manager) return nullptr;
  return std::make_unique<IpsecMbLeafHash>(std::move(manager));
}

bool ipsec_mb_available() { return start_manager() != nullptr; }

std::unique_ptr<BulkAead> make_ipsec_mb_aead(AeadSuite suite) {
  Manager manager = start_manager();
  if (!manager) return nullptr;
  if (suite == AeadSuite::kAes256Gcm) return std::make_unique<IpsecMbAes256Gcm>(std::move(manager));
  return std::make_unique<IpsecMbChaCha20Poly1305>(std::move(manager));
}

#else

std::unique_ptr<LeafHash> make_ipsec_mb_leaf_hash() { return nullptr; }

bool ipsec_mb_available() { return false; }

std::unique_ptr<BulkAead> make_ipsec_mb_aead(AeadSuite) { return nullptr; }

#endif

}  // namespace mixnn
