#include "mixnn/crypto/keyed_aead.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/crypto_testing.hpp"

namespace mixnn {
namespace {

class Keyed : public ::testing::TestWithParam<std::tuple<AeadSuite, AeadBackend>> {
 protected:
  void SetUp() override {
    aead = make_bulk_aead(std::get<0>(GetParam()), std::get<1>(GetParam()));
    if (!aead) GTEST_SKIP() << "not on this machine";
  }
  std::unique_ptr<BulkAead> aead;
  Csprng rng{testing::seed_key(11)};
};

TEST_P(Keyed, NumberZeroIsTheOneUseSeal) {
  const Key key = rng.key();
  const auto keyed = aead->keyed(key);
  for (const std::size_t size : {1, 16, 100, 13000}) {
    const auto text = testing::random_bytes(rng, size);
    std::vector<std::byte> once(size), many(size);
    std::array<std::byte, kAeadTagBytes> once_tag, many_tag;
    aead->seal(key, text, once, once_tag);
    keyed->seal(0, text, many, many_tag);
    EXPECT_EQ(once, many);
    EXPECT_EQ(once_tag, many_tag);
    keyed->xor_keystream(0, text, many);
    EXPECT_EQ(once, many);
    EXPECT_TRUE(keyed->open(0, many, many_tag, many));
    EXPECT_EQ(many, text);
  }
}

// Made with pyca/cryptography (OpenSSL): key 00..1f, nonce 01..08 and zeros, text 7i + 1.
TEST_P(Keyed, ANumberStandsInTheNonceLittleEndian) {
  const auto keyed = aead->keyed(
      testing::hex_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  const auto text = testing::hex("01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5cc");
  std::vector<std::byte> sealed(text.size()), tag(kAeadTagBytes);
  keyed->seal(0x0807060504030201, text, sealed, tag);
  EXPECT_EQ(to_hex(sealed) + to_hex(tag), std::get<0>(GetParam()) == AeadSuite::kAes256Gcm
                                              ? "8b1721a69033de59b588931321a2ac3cd0d699dee695efd519"
                                                "e80afc7a921ff6242196d78981d6961b99f073f4e0"
                                              : "df9b41e719f09ee97a3f4cd01757c4f473a7d0058383566cc3"
                                                "90b40e0cc39d8e44d1fdaebbfce2500bd436ccbb4c");
}

TEST_P(Keyed, EachNumberHasAKeystreamOfItsOwn) {
  const auto keyed = aead->keyed(rng.key());
  const std::vector<std::byte> zeros(100);
  std::vector<std::vector<std::byte>> streams;
  for (const std::uint64_t nonce : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{256},
                                    std::uint64_t{1} << 32, std::uint64_t{1} << 63}) {
    streams.emplace_back(zeros.size());
    keyed->xor_keystream(nonce, zeros, streams.back());
  }
  for (std::size_t i = 0; i < streams.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t at = 0; at + 16 <= zeros.size(); ++at)
        EXPECT_FALSE(testing::contains(streams[i], ConstBytes(streams[j]).subspan(at, 16)));
}

TEST_P(Keyed, OpensNothingElse) {
  const Key key = rng.key();
  const auto keyed = aead->keyed(key), other = aead->keyed(rng.key());
  const auto text = testing::random_bytes(rng, 70);
  std::vector<std::byte> sealed(text.size()), tag(kAeadTagBytes), out(text.size());
  keyed->seal(5, text, sealed, tag);
  EXPECT_TRUE(keyed->open(5, sealed, tag, out));
  EXPECT_EQ(out, text);
  EXPECT_FALSE(keyed->open(6, sealed, tag, out));
  EXPECT_FALSE(other->open(5, sealed, tag, out));
  for (std::size_t bit = 0; bit < 8 * (sealed.size() + tag.size()); ++bit) {
    auto bad = sealed, bad_tag = tag;
    std::byte& b = bit / 8 < bad.size() ? bad[bit / 8] : bad_tag[bit / 8 - bad.size()];
    b ^= std::byte{1} << bit % 8;
    ASSERT_FALSE(keyed->open(5, bad, bad_tag, out)) << "bit " << bit;
  }
}

// Head, body and zeros: the same bytes as in one piece, and opened into both places alone.
TEST_P(Keyed, ATextInPartsIsSealedAsTheWhole) {
  const auto keyed = aead->keyed(rng.key());
  struct Sizes {
    std::size_t head, body, all;
  };
  for (const auto& [head, body, all] : {Sizes{33, 25000, 25088}, Sizes{33, 0, 20000},
                                        Sizes{0, 40, 40}, Sizes{1, 15, 16}, Sizes{33, 31, 64}}) {
    const auto first = testing::random_bytes(rng, head), second = testing::random_bytes(rng, body);
    auto text = first;
    text.insert(text.end(), second.begin(), second.end());
    text.resize(all);
    std::vector<std::byte> whole(all), parts(all), out_first(head), out_second(body + 1);
    std::array<std::byte, kAeadTagBytes> whole_tag, parts_tag;
    keyed->seal(3, text, whole, whole_tag);
    keyed->seal_parts(3, first, second, parts, parts_tag);
    EXPECT_EQ(whole, parts);
    EXPECT_EQ(whole_tag, parts_tag);
    out_second.back() = std::byte{77};
    EXPECT_TRUE(keyed->open_parts(3, parts, parts_tag, out_first, Bytes(out_second).first(body)));
    EXPECT_EQ(out_first, first);
    EXPECT_TRUE(std::equal(second.begin(), second.end(), out_second.begin()));
    EXPECT_EQ(out_second.back(), std::byte{77});
    parts.back() ^= std::byte{1};
    EXPECT_FALSE(keyed->open_parts(3, parts, parts_tag, out_first, Bytes(out_second).first(body)));
  }
  std::vector<std::byte> small(40), tag(kAeadTagBytes);
  EXPECT_DEATH(keyed->seal_parts(4, ConstBytes(small).first(33), small, small, tag), "AEAD sizes");
}

TEST_P(Keyed, InteroperatesWithTheReference) {
  const auto reference = make_bulk_aead(std::get<0>(GetParam()), AeadBackend::kSodium);
  EXPECT_TRUE(same_keyed_aead(*aead, *reference));
  EXPECT_TRUE(same_keyed_aead(*reference, *aead));
}

INSTANTIATE_TEST_SUITE_P(
    All, Keyed,
    ::testing::Combine(::testing::Values(AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305),
                       ::testing::Values(AeadBackend::kSodium, AeadBackend::kIpsecMb)));

}  // namespace
}  // namespace mixnn
