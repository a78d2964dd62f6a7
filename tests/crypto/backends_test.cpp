// Faster AEAD backends give libsodium's bytes, and the self-test notices where one does not.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "mixnn/crypto/aead.hpp"
#include "mixnn/crypto/keyed_aead.hpp"

namespace mixnn {
namespace {

class Backends : public ::testing::TestWithParam<AeadSuite> {};

// With both: the one under test, and libsodium.
class FastBackend : public Backends {
 protected:
  void SetUp() override {
    if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
      GTEST_SKIP() << "no AES instructions here";
    if (!ipsec_mb_available()) GTEST_SKIP() << "ipsec-mb is not in this build, or not for this CPU";
    fast = make_bulk_aead(GetParam(), AeadBackend::kIpsecMb);
    ASSERT_TRUE(fast) << "it is here, but failed the self-test";
    reference = make_bulk_aead(GetParam(), AeadBackend::kSodium);
  }
  std::unique_ptr<BulkAead> fast, reference;
};

TEST_P(FastBackend, InteroperatesWithTheReference) {
  EXPECT_NE(fast->name(), reference->name());
  EXPECT_TRUE(same_aead(*fast, *reference));
  EXPECT_TRUE(same_aead(*reference, *fast));
}

// Past the sizes of the self-test: more than 2^16 blocks, as the largest cells have.
TEST_P(FastBackend, LongKeystreamsAreTheReferences) {
  std::vector<std::byte> ours((4u << 20) + 1, std::byte{3}), theirs = ours;
  Key key;
  key.bytes()[0] = std::byte{1};
  fast->xor_keystream(key, ours, ours);
  reference->xor_keystream(key, theirs, theirs);
  EXPECT_TRUE(ours == theirs);
}

TEST_P(Backends, TheEnvironmentKeepsTheReference) {
  if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
    GTEST_SKIP() << "no AES instructions here";
  ::setenv("MIXNN_AEAD_BACKEND", "libsodium", 1);
  EXPECT_NE(make_bulk_aead(GetParam())->name().find("libsodium"), std::string::npos);
  ::unsetenv("MIXNN_AEAD_BACKEND");
}

// What follows a short text are zeros, whatever the memory held before.
TEST_P(Backends, PaddingIsZerosUnderTheSeal) {
  for (const AeadBackend backend : {AeadBackend::kSodium, AeadBackend::kIpsecMb}) {
    const std::unique_ptr<BulkAead> aead = make_bulk_aead(GetParam(), backend);
    if (!aead) continue;
    Key key;
    key.bytes()[3] = std::byte{9};
    for (const std::size_t shorter : {0, 1, 40, 4096, 30000}) {
      const std::vector<std::byte> text(shorter, std::byte{7});
      std::vector<std::byte> sealed(30000, std::byte{5}), opened(30000);
      std::array<std::byte, kAeadTagBytes> tag;
      aead->seal_padded(key, text, sealed, tag);
      ASSERT_TRUE(aead->open(key, sealed, tag, opened)) << aead->name();
      std::vector<std::byte> expected = text;
      expected.resize(opened.size());
      EXPECT_EQ(opened, expected) << aead->name() << ", " << shorter;
    }
  }
}

// Passes all on, but for one defect.
enum class Defect {
  kPadding,
  kLongTexts,
  kTags,
  kKeystream,
  kBoxes,
  kBoxTags,
  kPartsSealed,
  kPartsOpened,
  kPartsTags
};
class BrokenKeyed final : public KeyedAead {
 public:
  BrokenKeyed(std::unique_ptr<KeyedAead> inner, Defect defect)
      : inner_(std::move(inner)), defect_(defect) {}

 private:
  void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
               Bytes tag) const override {
    inner_->seal(nonce, plaintext, ciphertext, tag);
  }
  bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
               Bytes plaintext) const override {
    return inner_->open(nonce, ciphertext, tag, plaintext);
  }
  void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
    inner_->xor_keystream(nonce, in, out);
  }
  void do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body, Bytes ciphertext,
                     Bytes tag) const override {
    inner_->seal_parts(nonce, head, body, ciphertext, tag);
    if (defect_ == Defect::kPartsSealed) ciphertext.back() ^= std::byte{1};
  }
  bool do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag, Bytes head,
                     Bytes body) const override {
    const bool opened = inner_->open_parts(nonce, ciphertext, tag, head, body);
    if (defect_ == Defect::kPartsOpened && !body.empty()) body.front() ^= std::byte{1};
    return opened || defect_ == Defect::kPartsTags;
  }
  std::unique_ptr<KeyedAead> inner_;
  Defect defect_;
};
class Broken final : public BulkAead {
 public:
  Broken(std::unique_ptr<BulkAead> inner, Defect defect)
      : inner_(std::move(inner)), defect_(defect) {}
  std::string name() const override { return "broken"; }
  void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const override {
    inner_->seal(key, plaintext, ciphertext, tag);
    if (defect_ == Defect::kLongTexts && ciphertext.size() > 60000)
      ciphertext[40000] ^= std::byte{1};
  }
  void seal_padded(const Key& key, ConstBytes plaintext, Bytes ciphertext,
                   Bytes tag) const override {
    if (defect_ != Defect::kPadding) return inner_->seal_padded(key, plaintext, ciphertext, tag);
    copy_bytes(plaintext, ciphertext);
    inner_->seal(key, ciphertext, ciphertext, tag);
  }
  bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag, Bytes plaintext) const override {
    return inner_->open(key, ciphertext, tag, plaintext) || defect_ == Defect::kTags;
  }
  void xor_keystream(const Key& key, ConstBytes in, Bytes out) const override {
    inner_->xor_keystream(key, in, out);
    if (defect_ == Defect::kKeystream) out.back() ^= std::byte{1};
  }
  void seal_box(const Key& key, ConstBytes plaintext, Bytes box) const override {
    inner_->seal_box(key, plaintext, box);
    if (defect_ == Defect::kBoxes) box.back() ^= std::byte{1};
  }
  bool open_box(const Key& key, ConstBytes box, Bytes plaintext) const override {
    return inner_->open_box(key, box, plaintext) || defect_ == Defect::kBoxTags;
  }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return std::make_unique<BrokenKeyed>(inner_->keyed(key), defect_);
  }

 private:
  std::unique_ptr<BulkAead> inner_;
  Defect defect_;
};

TEST_P(Backends, TheSelfTestNoticesABrokenOne) {
  if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
    GTEST_SKIP() << "no AES instructions here";
  const std::unique_ptr<BulkAead> reference = make_bulk_aead(GetParam(), AeadBackend::kSodium);
  for (const Defect defect : {Defect::kPadding, Defect::kLongTexts, Defect::kTags,
                              Defect::kKeystream, Defect::kBoxes, Defect::kBoxTags})
    EXPECT_FALSE(
        same_aead(Broken(make_bulk_aead(GetParam(), AeadBackend::kSodium), defect), *reference))
        << static_cast<int>(defect);
  for (const Defect defect : {Defect::kPartsSealed, Defect::kPartsOpened, Defect::kPartsTags})
    EXPECT_FALSE(same_keyed_aead(Broken(make_bulk_aead(GetParam(), AeadBackend::kSodium), defect),
                                 *reference))
        << static_cast<int>(defect);
}

const auto kSuites = ::testing::Values(AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305);
INSTANTIATE_TEST_SUITE_P(Suites, Backends, kSuites);
INSTANTIATE_TEST_SUITE_P(Suites, FastBackend, kSuites);

}  // namespace
}  // namespace mixnn
