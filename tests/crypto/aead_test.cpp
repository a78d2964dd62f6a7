#include "mixnn/crypto/aead.hpp"

#include <gtest/gtest.h>

#include "crypto/crypto_testing.hpp"

namespace mixnn {
namespace {

using testing::hex;
using testing::hex_key;

std::vector<AeadSuite> suites() {
  std::vector<AeadSuite> all{AeadSuite::kChaCha20Poly1305};
  if (aes256gcm_available()) all.push_back(AeadSuite::kAes256Gcm);
  return all;
}

// RFC 8439, section 2.8.2.
constexpr std::string_view kSunscreen =
    "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920"
    "636f756c64"
    "206f"
    "6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e"
    "20776f756c"
    "6420"
    "62652069742e";

TEST(Rfc8439, SealsAndOpensTheExampleOfTheRfc) {
  const Key key = hex_key("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  std::array<std::byte, 12> nonce;
  copy_bytes(hex("070000004041424344454647"), nonce);
  const auto associated = hex("50515253c0c1c2c3c4c5c6c7");
  const auto text = hex(kSunscreen);
  std::vector<std::byte> sealed(text.size() + kAeadTagBytes);
  seal_rfc8439(key, nonce, associated, text, sealed);
  EXPECT_EQ(to_hex(sealed),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb"
            "69da92728b"
            "1a71de0a9e06"
            "0b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3f"
            "f4def08e4b"
            "7a9de576d265"
            "86cec64b61161ae10b594f09e26a7e902ecbd0600691");

  std::vector<std::byte> opened(text.size());
  EXPECT_TRUE(open_rfc8439(key, nonce, associated, sealed, opened));
  EXPECT_EQ(opened, text);
  auto other = associated;
  other[0] ^= std::byte{1};
  EXPECT_FALSE(open_rfc8439(key, nonce, other, sealed, opened));
}

struct KnownAnswer {
  AeadSuite suite;
  const char *key, *text, *sealed;
};

// The first two: test cases 13 and 14 of McGrew and Viega's GCM specification (256-bit key, 96-bit
// nonce of zeros), which NIST carries too. The others were made with pyca/cryptography (OpenSSL):
// key 00..1f, text 7i + 1.
const KnownAnswer kKnownAnswers[] = {
    {AeadSuite::kAes256Gcm, "0000000000000000000000000000000000000000000000000000000000000000", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {AeadSuite::kAes256Gcm, "0000000000000000000000000000000000000000000000000000000000000000",
     "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {AeadSuite::kAes256Gcm, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5cc"
     "d3dae1e8eff6fd040b121920272e353c434a5158",
     "0fb4bac8a808a88f31e8ee7b4d70f2f3a33b29d5a515fb8d292e043d00338e8cafb7094ad7f6b3142ae356dbf4f2"
     "2a04f85fb718cd24223d0a332e330a066d689ddb"},
    {AeadSuite::kChaCha20Poly1305,
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5cc"
     "d3dae1e8eff6fd040b121920272e353c434a5158",
     "19b04d27b0c28de32a211b2ffa1f2d4d89c98c736c39c0fe45484baceff9a68693e0e79b2cea374f84a17f0a5132"
     "4376caf8584242e9a18be7511800209c3aa6d170"},
};

TEST(BulkAead, GivesTheKnownAnswers) {
  for (const KnownAnswer& known : kKnownAnswers) {
    if (known.suite == AeadSuite::kAes256Gcm && !aes256gcm_available()) continue;
    const auto aead = make_bulk_aead(known.suite);
    auto text = hex(known.text);
    text.reserve(1);
    std::vector<std::byte> sealed(text.size()), tag(kAeadTagBytes), opened(text.size());
    sealed.reserve(1), opened.reserve(1);  // no null pointers
    aead->seal(hex_key(known.key), text, sealed, tag);
    EXPECT_EQ(to_hex(sealed) + to_hex(tag), known.sealed) << aead->name();
    EXPECT_TRUE(aead->open(hex_key(known.key), sealed, tag, opened));
    EXPECT_EQ(opened, text);
  }
}

TEST(BulkAead, TheNameOfASuiteIsThatOfItsOption) {
  EXPECT_EQ(to_string(AeadSuite::kAes256Gcm), "aes256gcm");
  EXPECT_EQ(to_string(AeadSuite::kChaCha20Poly1305), "chacha20poly1305");
}

TEST(BulkAead, InPlaceAndApartGiveTheSameBytes) {
  Csprng rng = testing::seeded(1);
  for (const AeadSuite suite : suites()) {
    const auto aead = make_bulk_aead(suite);
    for (const std::size_t size : {1, 15, 16, 17, 63, 64, 65, 1536, 4096, 70001}) {
      const Key key = rng.key();
      const auto text = testing::random_bytes(rng, size);
      std::vector<std::byte> apart(size), tag(kAeadTagBytes), in_place = text,
                                                              in_place_tag(kAeadTagBytes);
      aead->seal(key, text, apart, tag);
      aead->seal(key, in_place, in_place, in_place_tag);
      EXPECT_EQ(apart, in_place) << size;
      EXPECT_EQ(tag, in_place_tag) << size;
      std::vector<std::byte> opened(size);
      EXPECT_TRUE(aead->open(key, apart, tag, opened));
      EXPECT_TRUE(aead->open(key, in_place, in_place_tag, in_place));
      EXPECT_EQ(opened, text) << size;
      EXPECT_EQ(in_place, text) << size;
    }
  }
}

TEST(BulkAead, AChangedTextTagOrKeyDoesNotOpen) {
  Csprng rng = testing::seeded(2);
  for (const AeadSuite suite : suites()) {
    const auto aead = make_bulk_aead(suite);
    const Key key = rng.key();
    const auto text = testing::random_bytes(rng, 100);
    std::vector<std::byte> sealed(text.size()), tag(kAeadTagBytes), out(text.size());
    aead->seal(key, text, sealed, tag);
    for (std::size_t bit = 0; bit < 8 * (sealed.size() + tag.size()); ++bit) {
      auto bad = sealed, bad_tag = tag;
      std::byte& b = bit / 8 < bad.size() ? bad[bit / 8] : bad_tag[bit / 8 - bad.size()];
      b ^= std::byte{1} << bit % 8;
      ASSERT_FALSE(aead->open(key, bad, bad_tag, out)) << "bit " << bit;
    }
    EXPECT_FALSE(aead->open(rng.key(), sealed, tag, out));
    EXPECT_TRUE(aead->open(key, sealed, tag, out));
  }
}

struct BoxAnswer {
  const char *key, *nonce, *text, *sealed;
};

// XChaCha20-Poly1305 without associated data: tests 2 and 34 of Wycheproof's
// xchacha20_poly1305_test.json (0.8r12).
const BoxAnswer kBoxAnswers[] = {
    {"ab1562faea9f47af3ae1c3d6d030e3af230255dff3df583ced6fbbcbf9d606a9",
     "6a5e0c4617e07091b605a4de2c02dde117de2ebd53b23497", "", "e2697ea6877aba39d9555a00e14db041"},
    {"6a1f808358461e75072a054e2fc4e4c3e7f882c57920dda3278d0c860ca704e3",
     "25dc279923c1bcdaa7a36e7b884b51f62343abad71986037", "f242209c67698ea32c2152f8785b7d82",
     "732715c60018fb0ed55c14c1fa9a5273afe3c4f050bf001e1dfcb2313dd8edd2"},
};

TEST(Box, GivesTheKnownAnswers) {
  for (const BoxAnswer& known : kBoxAnswers) {
    const auto nonce = hex(known.nonce), text = hex(known.text);
    std::vector<std::byte> box(text.size() + kBoxOverhead), opened(text.size());
    copy_bytes(nonce, box);
    seal_box(hex_key(known.key), text, box);
    EXPECT_EQ(to_hex(box), std::string(known.nonce) + known.sealed);
    EXPECT_TRUE(open_box(hex_key(known.key), box, opened));
    EXPECT_EQ(opened, text);
  }
}

// draft-irtf-cfrg-xchacha, appendix A.3.1. It has associated data, a box has none: the ciphertext
// is the same, the tag not.
TEST(Box, GivesTheCiphertextOfTheDraft) {
  const auto text = hex(kSunscreen);
  std::vector<std::byte> box(text.size() + kBoxOverhead);
  copy_bytes(hex("404142434445464748494a4b4c4d4e4f5051525354555657"), box);
  seal_box(hex_key("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"), text, box);
  EXPECT_EQ(to_hex(std::span(box).subspan(kBoxNonceBytes, text.size())),
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a8"
            "2f4eda7e39"
            "ae64c6708c54"
            "c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921"
            "f9664c9763"
            "7da9768812f6"
            "15c68b13b52e");
}

TEST(Box, EveryBitCounts) {
  Csprng rng = testing::seeded(3);
  const Key key = rng.key();
  const auto text = testing::random_bytes(rng, 192);
  auto box = testing::random_bytes(rng, text.size() + kBoxOverhead);
  std::vector<std::byte> out(text.size());
  seal_box(key, text, box);
  for (std::size_t bit = 0; bit < 8 * box.size(); ++bit) {
    box[bit / 8] ^= std::byte{1} << bit % 8;
    ASSERT_FALSE(open_box(key, box, out)) << "bit " << bit;
    box[bit / 8] ^= std::byte{1} << bit % 8;
  }
  EXPECT_TRUE(open_box(key, box, out));
  EXPECT_FALSE(open_box(rng.key(), box, out));
}

TEST(BulkAead, TheKeystreamIsTheOneUnderTheSeal) {
  Csprng rng = testing::seeded(4);
  for (const AeadSuite suite : suites()) {
    const auto aead = make_bulk_aead(suite);
    for (const std::size_t size : {0, 1, 16, 63, 479, 70001}) {
      const Key key = rng.key();
      const auto text = testing::random_bytes(rng, size);
      std::vector<std::byte> sealed(size), covered(size), tag(kAeadTagBytes);
      aead->seal(key, text, sealed, tag);
      aead->xor_keystream(key, text, covered);
      EXPECT_EQ(covered, sealed) << size;
      aead->xor_keystream(key, covered, covered);
      EXPECT_EQ(covered, text) << size;
      if (size < 16) continue;
      aead->xor_keystream(rng.key(), text, covered);
      EXPECT_NE(covered, sealed) << "another key, another keystream";
    }
  }
}

TEST(AeadDeathTest, SizesThatDoNotFitStopTheProgram) {
  const auto aead = make_bulk_aead(AeadSuite::kChaCha20Poly1305);
  std::vector<std::byte> text(10), longer(11), tag(kAeadTagBytes), short_tag(15);
  EXPECT_DEATH(aead->seal(Key(), text, longer, tag), "AEAD sizes");
  EXPECT_DEATH(static_cast<void>(aead->open(Key(), text, short_tag, text)), "AEAD sizes");
  EXPECT_DEATH(aead->xor_keystream(Key(), text, longer), "AEAD sizes");
  EXPECT_DEATH(seal_box(Key(), text, longer), "size of a box");
}

}  // namespace
}  // namespace mixnn
