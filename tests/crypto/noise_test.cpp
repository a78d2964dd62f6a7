#include "mixnn/crypto/noise.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "crypto/crypto_testing.hpp"
#include "mixnn/crypto/aead.hpp"

namespace mixnn {
namespace {

using testing::hex;
using testing::hex_key;

struct Pair {
  NoiseHandshake initiator, responder;
};

// Two sides that know of each other what the pattern asks for.
Pair make_pair(std::uint8_t seed, const char* pattern = "NN") {
  Csprng rng = testing::seeded(seed);
  NoiseKeys a, b;
  for (X25519KeyPair* const pair : {&a.ephemeral, &b.ephemeral, &a.own.emplace(), &b.own.emplace()})
    *pair = X25519KeyPair::from_secret(rng.key());
  a.remote = b.own->public_key;
  if (noise_pattern(pattern).has_psk) a.psk = b.psk = rng.key();
  if (noise_pattern(pattern).knows_initiator) b.remote = a.own->public_key;
  return {NoiseHandshake(noise_pattern(pattern), NoiseSide::kInitiator, bytes_of("prologue"), a),
          NoiseHandshake(noise_pattern(pattern), NoiseSide::kResponder, bytes_of("prologue"), b)};
}

const char* const kPatternNames[] = {"NN", "KK", "XX", "IK", "IKpsk2"};

nlohmann::json public_vector(const std::string& pattern) {
  std::ifstream file(MIXNN_SOURCE_DIR "/tests/crypto/vectors/noise_25519_chachapoly_sha256.json");
  const nlohmann::json all = nlohmann::json::parse(file);
  for (const nlohmann::json& vector : all.at("vectors"))
    if (vector.at("protocol_name") == "Noise_" + pattern + "_25519_ChaChaPoly_SHA256")
      return vector;
  throw std::runtime_error("no public vector for " + pattern);
}

// One side as a public vector has it: `side` is "init" or "resp".
NoiseHandshake from_vector(const nlohmann::json& vector, const std::string& pattern,
                           const std::string& side) {
  const auto field = [&](const char* name) -> std::optional<std::vector<std::byte>> {
    const auto found = vector.find(side + name);
    if (found == vector.end()) return std::nullopt;
    return hex(found->get<std::string>());
  };
  NoiseKeys keys;
  keys.ephemeral = X25519KeyPair::from_secret(Key::from(field("_ephemeral").value()));
  if (const auto own = field("_static")) keys.own = X25519KeyPair::from_secret(Key::from(*own));
  if (const auto remote = field("_remote_static")) copy_bytes(*remote, keys.remote.emplace());
  if (const auto psks = vector.find(side + "_psks"); psks != vector.end())
    keys.psk = Key::from(hex(psks->at(0).get<std::string>()));
  return {noise_pattern(pattern), side == "init" ? NoiseSide::kInitiator : NoiseSide::kResponder,
          field("_prologue").value(), keys};
}

class NoiseVectors : public ::testing::TestWithParam<const char*> {};

TEST_P(NoiseVectors, AreMetToTheLastTransportMessage) {
  const std::string pattern = GetParam();
  const nlohmann::json vector = public_vector(pattern);
  NoiseHandshake initiator = from_vector(vector, pattern, "init");
  NoiseHandshake responder = from_vector(vector, pattern, "resp");
  const nlohmann::json& messages = vector.at("messages");
  ASSERT_EQ(messages.size(), 6u);
  const auto payload = [&](std::size_t i) {
    return hex(messages[i]["payload"].get<std::string>());
  };
  const auto sealed = [&](std::size_t i) { return messages[i]["ciphertext"].get<std::string>(); };

  const std::size_t shaking = noise_pattern(pattern).messages;
  for (std::size_t i = 0; i < shaking; ++i) {
    ASSERT_FALSE(initiator.finished() || responder.finished());
    NoiseHandshake& from = i % 2 == 0 ? initiator : responder;
    NoiseHandshake& to = i % 2 == 0 ? responder : initiator;
    const auto message = from.write_message(payload(i));
    ASSERT_EQ(to_hex(message), sealed(i)) << i;
    ASSERT_EQ(to.read_message(message), payload(i)) << i;
  }
  NoiseSession a = initiator.finish(), b = responder.finish();
  EXPECT_EQ(to_hex(a.handshake_hash), vector.at("handshake_hash").get<std::string>());
  EXPECT_EQ(a.handshake_hash, b.handshake_hash);
  for (std::size_t i = shaking; i < 6; ++i) {
    NoiseSession& from = i % 2 == 0 ? a : b;
    NoiseSession& to = i % 2 == 0 ? b : a;
    const auto message = from.send.seal({}, payload(i));
    EXPECT_EQ(to_hex(message), sealed(i)) << i;
    EXPECT_EQ(to.receive.open({}, message), payload(i)) << i;
  }
}
INSTANTIATE_TEST_SUITE_P(Patterns, NoiseVectors, ::testing::ValuesIn(kPatternNames));

// Runs a handshake in which `spoil` may change each message; whether both sides finished it.
bool both_finish(Pair& pair, const std::function<void(std::size_t, std::vector<std::byte>&)>& spoil,
                 const char* pattern) {
  for (std::size_t i = 0; i < noise_pattern(pattern).messages; ++i) {
    NoiseHandshake& from = i % 2 == 0 ? pair.initiator : pair.responder;
    NoiseHandshake& to = i % 2 == 0 ? pair.responder : pair.initiator;
    auto message = from.write_message(bytes_of("payload"));
    spoil(i, message);
    if (!to.read_message(message)) return false;
  }
  return pair.initiator.finish().handshake_hash == pair.responder.finish().handshake_hash;
}

TEST_P(NoiseVectors, AChangeOfAnyByteOfAnyMessageIsSeen) {
  const char* const pattern = GetParam();
  for (std::size_t message = 0; message < noise_pattern(pattern).messages; ++message)
    for (std::size_t at = 0;; ++at) {
      Pair pair = make_pair(9, pattern);
      bool reached = false;
      const auto spoil = [&](std::size_t i, std::vector<std::byte>& bytes) {
        if (i != message || at >= bytes.size()) return;
        bytes[at] ^= std::byte{1};
        reached = true;
      };
      const bool finished = both_finish(pair, spoil, pattern);
      EXPECT_NE(finished, reached) << message << ' ' << at;
      if (!reached) break;
    }
}

TEST(NoiseIKpsk2, WhoLacksOneOfTheKeysFinishesNothing) {
  Csprng rng = testing::seeded(10);
  const auto untouched = [](std::size_t, std::vector<std::byte>&) {};
  const auto with = [&](const std::function<void(NoiseKeys&, NoiseKeys&)>& change) {
    NoiseKeys a{.own = X25519KeyPair::generate()}, b{.own = X25519KeyPair::generate()};
    a.remote = b.own->public_key;
    a.psk = b.psk = rng.key();
    change(a, b);
    Pair pair{NoiseHandshake(noise_pattern("IKpsk2"), NoiseSide::kInitiator, {}, a),
              NoiseHandshake(noise_pattern("IKpsk2"), NoiseSide::kResponder, {}, b)};
    return both_finish(pair, untouched, "IKpsk2") && pair.responder.remote() == a.own->public_key;
  };
  EXPECT_TRUE(with([](NoiseKeys&, NoiseKeys&) {}));
  EXPECT_FALSE(with([&](NoiseKeys& a, NoiseKeys&) { a.psk = rng.key(); }));
  EXPECT_FALSE(with([](NoiseKeys&, NoiseKeys& b) { b.own = X25519KeyPair::generate(); }));
  // An initiator that claims another's public key cannot compute what it shares.
  EXPECT_FALSE(with(
      [](NoiseKeys& a, NoiseKeys&) { a.own->public_key = X25519KeyPair::generate().public_key; }));
}

// The first message carries no key, so its reader cannot see a change; but whoever changed it, the
// answer no longer opens.
TEST(NoiseHandshake, AChangeOfAnyBitOfTheFirstMessageIsSeenByItsSender) {
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
TEST(NoiseHandshake, AChangeOfAnyBitOfTheSecondMessageIsRejected) {
  const auto payload = hex("0102030405");
  Pair pair = make_pair(2);
  ASSERT_TRUE(pair.responder.read_message(pair.initiator.write_message(payload)));
  const auto second = pair.responder.write_message(payload);
  ASSERT_EQ(second.size(), 32 + payload.size() + kAeadTagBytes);
  for (std::size_t bit = 0; bit < 8 * second.size(); ++bit) {
    auto bad = second;
    bad[bit / 8] ^= std::byte{1} << bit % 8;
    NoiseHandshake initiator = pair.initiator;
    ASSERT_FALSE(initiator.read_message(bad).has_value()) << "bit " << bit;
  }
  EXPECT_EQ(pair.initiator.read_message(second), payload);
}

TEST(NoiseHandshake, TruncatedMessagesAreRejected) {
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
    NoiseHandshake initiator = pair.initiator;
    EXPECT_FALSE(initiator.read_message(ConstBytes(second).first(size)).has_value());
  }
}

TEST(NoiseHandshake, ADifferentPrologueIsRejected) {
  NoiseHandshake initiator(noise_pattern("NN"), NoiseSide::kInitiator, bytes_of("one"));
  NoiseHandshake responder(noise_pattern("NN"), NoiseSide::kResponder, bytes_of("two"));
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

TEST(NoiseHandshake, LowOrderPointsAreRejectedByBothSides) {
  for (const char* const point : kLowOrderPoints) {
    Pair pair = make_pair(5);
    EXPECT_FALSE(pair.responder.read_message(hex(point)).has_value()) << point;

    ASSERT_TRUE(make_pair(5).responder.read_message(pair.initiator.write_message({})));
    auto second = hex(point);
    second.resize(32 + kAeadTagBytes);
    EXPECT_FALSE(pair.initiator.read_message(second).has_value()) << point;
  }
}

// The static key of an initiator is sealed; that it is of low order is seen all the same.
TEST(NoiseHandshake, AStaticKeyOfLowOrderIsRejected) {
  for (const char* const point : kLowOrderPoints) {
    PublicKey key;
    copy_bytes(hex(point), key);
    EXPECT_FALSE(is_usable(key)) << point;
    NoiseKeys a{.own = X25519KeyPair::generate()};
    a.own->public_key = key;
    NoiseHandshake initiator(noise_pattern("XX"), NoiseSide::kInitiator, {}, a);
    NoiseHandshake responder(noise_pattern("XX"), NoiseSide::kResponder, {},
                             {.own = X25519KeyPair::generate()});
    ASSERT_TRUE(responder.read_message(initiator.write_message({})));
    ASSERT_TRUE(initiator.read_message(responder.write_message({})));
    EXPECT_FALSE(responder.read_message(initiator.write_message({})).has_value()) << point;
  }
  EXPECT_TRUE(is_usable(X25519KeyPair::generate().public_key));
}

TEST(NoiseHandshakeDeathTest, AFailedHandshakeCannotBeFinished) {
  Pair pair = make_pair(6);
  ASSERT_TRUE(pair.responder.read_message(pair.initiator.write_message({})));
  auto second = pair.responder.write_message({});
  second.back() ^= std::byte{1};
  ASSERT_FALSE(pair.initiator.read_message(second).has_value());
  EXPECT_DEATH(pair.initiator.finish(), "unfinished handshake");
}

TEST(NoiseHandshakeDeathTest, MessagesOutOfTurnStopTheProgram) {
  Pair pair = make_pair(7);
  EXPECT_DEATH(pair.responder.write_message({}), "out of turn");
  EXPECT_DEATH(pair.initiator.finish(), "unfinished handshake");
}

TEST(NoiseHandshake, GeneratedKeysAreFreshAndTwoSessionsShareNothing) {
  std::vector<Digest> hashes;
  for (int i = 0; i < 2; ++i) {
    NoiseHandshake initiator(noise_pattern("NN"), NoiseSide::kInitiator, {});
    NoiseHandshake responder(noise_pattern("NN"), NoiseSide::kResponder, {});
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
