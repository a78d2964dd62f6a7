#include "mixnn/crypto/noise.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/crypto_testing.hpp"
#include "mixnn/crypto/aead.hpp"

namespace mixnn {
namespace {

using testing::hex;
using testing::hex_key;

struct Pair {
  NoiseNN initiator, responder;
};

Pair make_pair(std::uint8_t seed) {
  Csprng rng = testing::seeded(seed);
  return {
      NoiseNN(NoiseSide::kInitiator, bytes_of("prologue"), X25519KeyPair::from_secret(rng.key())),
      NoiseNN(NoiseSide::kResponder, bytes_of("prologue"), X25519KeyPair::from_secret(rng.key()))};
}

nlohmann::json public_vector() {
  std::ifstream file(MIXNN_SOURCE_DIR
                     "/tests/crypto/vectors/noise_nn_25519_chachapoly_sha256.json");
  return nlohmann::json::parse(file).at("vectors").at(0);
}

TEST(NoiseNN, GivesThePublicVectorToTheLastTransportMessage) {
  const nlohmann::json vector = public_vector();
  ASSERT_EQ(vector.at("protocol_name"), "Noise_NN_25519_ChaChaPoly_SHA256");
  const auto field = [&](const char* name) { return hex(vector.at(name).get<std::string>()); };
  NoiseNN initiator(NoiseSide::kInitiator, field("init_prologue"),
                    X25519KeyPair::from_secret(Key::from(field("init_ephemeral"))));
  NoiseNN responder(NoiseSide::kResponder, field("resp_prologue"),
                    X25519KeyPair::from_secret(Key::from(field("resp_ephemeral"))));
  const auto payload = [&](std::size_t i) {
    return hex(vector["messages"][i]["payload"].get<std::string>());
  };
  const auto sealed = [&](std::size_t i) {
    return vector["messages"][i]["ciphertext"].get<std::string>();
  };
  ASSERT_EQ(vector["messages"].size(), 6u);

  const auto first = initiator.write_message(payload(0));
  EXPECT_EQ(to_hex(first), sealed(0));
  EXPECT_EQ(responder.read_message(first), payload(0));
  const auto second = responder.write_message(payload(1));
  EXPECT_EQ(to_hex(second), sealed(1));
  EXPECT_EQ(initiator.read_message(second), payload(1));

  NoiseSession a = initiator.finish(), b = responder.finish();
  EXPECT_EQ(to_hex(a.handshake_hash), vector.at("handshake_hash").get<std::string>());
  EXPECT_EQ(a.handshake_hash, b.handshake_hash);
  for (std::size_t i = 2; i < 6; ++i) {
    NoiseSession& from = i % 2 == 0 ? a : b;
    NoiseSession& to = i % 2 == 0 ? b : a;
    const auto message = from.send.seal({}, payload(i));
    EXPECT_EQ(to_hex(message), sealed(i));
    EXPECT_EQ(to.receive.open({}, message), payload(i));
  }
}

// The first message carries no key, so its reader cannot see a change; but whoever changed it, the
// answer no longer opens.
TEST(NoiseNN, AChangeOfAnyBitOfTheFirstMessageIsSeenByItsSender) {
  const auto payload = hex("0102030405");
  for (std::size_t bit = 0; bit < 8 * (32 + payload.size()); ++bit) {
    Pair pair = make_pair(1);
    auto first = pair.initiator.write_message(payload);
    first[bit / 8] ^= std::byte{1} << bit % 8;
    if (!pair.responder.read_message(first)) continue;
    EXPECT_FALSE(pair.initiator.read_message(pair.responder.write_message(payload)).has_value())
        << "bit " << bit;
  }
}

// Bit 255 of an X25519 public key is ignored by the curve (RFC 7748, section 5) and still covered
// by the transcript.
TEST(NoiseNN, AChangeOfAnyBitOfTheSecondMessageIsRejected) {
  const auto payload = hex("0102030405");
  Pair pair = make_pair(2);
  ASSERT_TRUE(pair.responder.read_message(pair.initiator.write_message(payload)));
  const auto second = pair.responder.write_message(payload);
  ASSERT_EQ(second.size(), 32 + payload.size() + kAeadTagBytes);
  for (std::size_t bit = 0; bit < 8 * second.size(); ++bit) {
    auto bad = second;
    bad[bit / 8] ^= std::byte{1} << bit % 8;
    NoiseNN initiator = pair.initiator;
    ASSERT_FALSE(initiator.read_message(bad).has_value()) << "bit " << bit;
  }
  EXPECT_EQ(pair.initiator.read_message(second), payload);
}

TEST(NoiseNN, TruncatedMessagesAreRejected) {
  const auto payload = hex("0102030405");
  for (std::size_t size = 0; size < 32; ++size) {
    Pair pair = make_pair(3);
    const auto first = pair.initiator.write_message(payload);
    EXPECT_FALSE(pair.responder.read_message(ConstBytes(first).first(size)).has_value());
  }
  Pair pair = make_pair(3);
  ASSERT_TRUE(pair.responder.read_message(pair.initiator.write_message(payload)));
  const auto second = pair.responder.write_message(payload);
  for (std::size_t size = 0; size < second.size(); ++size) {
    NoiseNN initiator = pair.initiator;
    EXPECT_FALSE(initiator.read_message(ConstBytes(second).first(size)).has_value());
  }
}

TEST(NoiseNN, ADifferentPrologueIsRejected) {
  Csprng rng = testing::seeded(4);
  NoiseNN initiator(NoiseSide::kInitiator, bytes_of("one"), X25519KeyPair::from_secret(rng.key()));
  NoiseNN responder(NoiseSide::kResponder, bytes_of("two"), X25519KeyPair::from_secret(rng.key()));
  ASSERT_TRUE(responder.read_message(initiator.write_message({})));
  EXPECT_FALSE(initiator.read_message(responder.write_message({})).has_value());
}

// The points of order 1, 2, 4 and 8 of the curve and its twist, with their non-canonical forms:
// whatever secret they are multiplied with, the product is zero.
const char* const kLowOrderPoints[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

TEST(NoiseNN, LowOrderPointsAreRejectedByBothSides) {
  for (const char* const point : kLowOrderPoints) {
    Pair pair = make_pair(5);
    EXPECT_FALSE(pair.responder.read_message(hex(point)).has_value()) << point;

    ASSERT_TRUE(make_pair(5).responder.read_message(pair.initiator.write_message({})));
    auto second = hex(point);
    second.resize(32 + kAeadTagBytes);
    EXPECT_FALSE(pair.initiator.read_message(second).has_value()) << point;
  }
}

TEST(NoiseNNDeathTest, AFailedHandshakeCannotBeFinished) {
  Pair pair = make_pair(6);
  ASSERT_TRUE(pair.responder.read_message(pair.initiator.write_message({})));
  auto second = pair.responder.write_message({});
  second.back() ^= std::byte{1};
  ASSERT_FALSE(pair.initiator.read_message(second).has_value());
  EXPECT_DEATH(pair.initiator.finish(), "unfinished handshake");
}

TEST(NoiseNNDeathTest, MessagesOutOfTurnStopTheProgram) {
  Pair pair = make_pair(7);
  EXPECT_DEATH(pair.responder.write_message({}), "out of turn");
  EXPECT_DEATH(pair.initiator.finish(), "unfinished handshake");
}

TEST(NoiseNN, GeneratedKeysAreFreshAndTwoSessionsShareNothing) {
  std::vector<Digest> hashes;
  for (int i = 0; i < 2; ++i) {
    NoiseNN initiator(NoiseSide::kInitiator, {}), responder(NoiseSide::kResponder, {});
    ASSERT_TRUE(responder.read_message(initiator.write_message({})));
    ASSERT_TRUE(initiator.read_message(responder.write_message({})));
    hashes.push_back(initiator.finish().handshake_hash);
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

TEST(NoiseCipher, ReplayedReorderedAndAlteredMessagesDoNotOpenAndDoNotDisturb) {
  const Key key = hex_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  NoiseCipher send(key), receive(key);
  const auto one = send.seal({}, bytes_of("one")), two = send.seal({}, bytes_of("two"));
  EXPECT_NE(one, two);
  EXPECT_FALSE(receive.open({}, two).has_value());
  auto bad = one;
  bad[0] ^= std::byte{1};
  EXPECT_FALSE(receive.open({}, bad).has_value());
  EXPECT_FALSE(receive.open({}, ConstBytes(one).first(5)).has_value());
  EXPECT_TRUE(receive.open({}, one).has_value());
  EXPECT_FALSE(receive.open({}, one).has_value());
  EXPECT_TRUE(receive.open({}, two).has_value());
}

}  // namespace
}  // namespace mixnn
