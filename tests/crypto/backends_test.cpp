// Faster AEAD backends give libsodium's bytes, and the self-test notices where one does not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "mixnn/crypto/aead.hpp"

namespace mixnn {
namespace {

class Backends : public ::testing::TestWithParam<AeadSuite> {};

TEST_P(Backends, IpsecMbInteroperatesWithTheReference) {
  if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
    GTEST_SKIP() << "no AES instructions here";
  const std::unique_ptr<BulkAead> fast = make_bulk_aead(GetParam(), AeadBackend::kIpsecMb);
  if (!fast) GTEST_SKIP() << "ipsec-mb is not in this build, or not for this CPU";
  const std::unique_ptr<BulkAead> reference = make_bulk_aead(GetParam(), AeadBackend::kSodium);
  EXPECT_NE(fast->name(), reference->name());
  EXPECT_TRUE(same_aead(*fast, *reference));
  EXPECT_TRUE(same_aead(*reference, *fast));
}

TEST_P(Backends, TheEnvironmentKeepsTheReference) {
  if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
    GTEST_SKIP() << "no AES instructions here";
  ::setenv("MIXNN_AEAD_BACKEND", "libsodium", 1);
  EXPECT_NE(make_bulk_aead(GetParam())->name().find("libsodium"), std::string::npos);
  ::unsetenv("MIXNN_AEAD_BACKEND");
}

// Seals well, but one byte of long texts is wrong, or tags are not checked.
class Broken final : public BulkAead {
 public:
  Broken(std::unique_ptr<BulkAead> inner, bool skip_tags) : inner_(std::move(inner)), skip_tags_(skip_tags) {}
  std::string name() const override { return "broken"; }
  void seal(const Key& key, std::uint32_t index, ConstBytes plaintext, Bytes ciphertext,
            Bytes tag) const override {
    inner_->seal(key, index, plaintext, ciphertext, tag);
    if (!skip_tags_ && ciphertext.size() > 60000) ciphertext[40000] ^= std::byte{1};
  }
  bool open(const Key& key, std::uint32_t index, ConstBytes ciphertext, ConstBytes tag,
            Bytes plaintext) const override {
    return inner_->open(key, index, ciphertext, tag, plaintext) || skip_tags_;
  }

 private:
  std::unique_ptr<BulkAead> inner_;
  bool skip_tags_;
};

TEST_P(Backends, TheSelfTestNoticesABrokenOne) {
  if (GetParam() == AeadSuite::kAes256Gcm && !aes256gcm_available())
    GTEST_SKIP() << "no AES instructions here";
  const std::unique_ptr<BulkAead> reference = make_bulk_aead(GetParam(), AeadBackend::kSodium);
  for (const bool skip_tags : {false, true})
    EXPECT_FALSE(same_aead(Broken(make_bulk_aead(GetParam(), AeadBackend::kSodium), skip_tags), *reference));
}

INSTANTIATE_TEST_SUITE_P(Suites, Backends,
                         ::testing::Values(AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305));

}  // namespace
}  // namespace mixnn
