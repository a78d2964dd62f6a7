#include "mixnn/crypto/hash.hpp"

#include <gtest/gtest.h>

#include <set>

#include "crypto/crypto_testing.hpp"

namespace mixnn {
namespace {

using testing::hex;

// draft-irtf-cfrg-xchacha-03, section 2.2.1.
TEST(HChaCha20, GivesTheAnswerOfTheDraft) {
  std::array<std::byte, 16> input;
  copy_bytes(hex("000000090000004a0000000031415927"), input);
  EXPECT_EQ(
      to_hex(hchacha20(testing::hex_key(
                           "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                       input)
                 .bytes()),
      "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
}

// FIPS 180-4, the examples that NIST publishes with it.
TEST(Sha256, GivesTheExamplesOfTheStandard) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256({bytes_of("abc")})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1000000, 'a');
  EXPECT_EQ(to_hex(sha256({bytes_of(million)})),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesAreHashedAsOne) {
  const std::string text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const ConstBytes all = bytes_of(text);
    EXPECT_EQ(sha256({all.first(cut), all.subspan(cut)}), sha256({all}));
    Sha256 hash;
    hash.update(all.first(cut));
    hash.update(all.subspan(cut));
    EXPECT_EQ(hash.finish(), sha256({all}));
  }
}

struct MacAnswer {
  std::string key, text;
  const char* mac;
};

// RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block).
TEST(Hmac, GivesTheAnswersOfRfc4231) {
  const MacAnswer answers[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"}};
  for (const MacAnswer& known : answers) {
    EXPECT_EQ(to_hex(hmac_sha256(bytes_of(known.key), {bytes_of(known.text)}).bytes()), known.mac);
    const ConstBytes text = bytes_of(known.text);
    EXPECT_EQ(to_hex(hmac_sha256(bytes_of(known.key), {text.first(3), text.subspan(3)}).bytes()),
              known.mac);
  }
}

// RFC 5869, test case 3: no salt (zeros) and no info. Noise takes the first two blocks; the RFC
// shows 42 bytes of them.
TEST(Hkdf, GivesTheAnswerOfRfc5869) {
  const KeyPair2 keys = hkdf2(Key(), hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
  EXPECT_EQ(to_hex(keys.first.bytes()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  EXPECT_EQ(to_hex(keys.second.bytes()).substr(0, 20), "9d201395faa4b61a96c8");
}

// The reference implementation of Aumasson and Bernstein: key 00..0f, input 00..07 (vectors_sip64,
// the ninth).
TEST(SipHash, GivesTheAnswerOfItsAuthors) {
  const auto key = Secret<16>::from(hex("000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(siphash(key, 0x0706050403020100), 0x93f5f5799a932462u);
}

TEST(SipHash, DependsOnKeyAndInput) {
  Csprng rng = testing::seeded(1);
  std::set<std::uint64_t> seen;
  for (int k = 0; k < 32; ++k) {
    Secret<16> key;
    rng.fill(key.bytes());
    for (std::uint64_t i = 0; i < 32; ++i) seen.insert(siphash(key, i));
  }
  EXPECT_EQ(seen.size(), 32u * 32u);
}

}  // namespace
}  // namespace mixnn
