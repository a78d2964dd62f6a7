#include "mixnn/session/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "mixnn/base/error.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;

RunParameters some_parameters(AeadSuite suite) {
  RunParameters parameters;
  parameters.suite = suite;
  parameters.cell_bytes = kMinCellBytes;
  parameters.pool_cells = 10;
  parameters.serial_bits = 12;
  return parameters;
}

// Rank 1 does by hand what a node does, and says of itself what the test wants.
class HandmadeNode {
 public:
  HandmadeNode(Transport& transport, Capabilities says)
      : transport_(transport), says_(std::move(says)) {
    transport_.send_datagram(0, noise_.write_message({}));
  }
  void turn() {
    const std::optional<Datagram> datagram = transport_.poll_datagram();
    if (!datagram || session_) return;
    ASSERT_TRUE(noise_.read_message(datagram->bytes).has_value());
    session_.emplace(noise_.finish());
    std::vector<std::byte> hello;
    ByteWriter writer(hello);
    writer.put(says_.protocol);
    writer.put(static_cast<std::uint8_t>(says_.aes256gcm));
    writer.put_string(says_.blas_version);
    writer.put_string(says_.blas_core);
    transport_.send_datagram(0, session_->send.seal({}, hello));
  }

 private:
  Transport& transport_;
  Capabilities says_;
  NoiseHandshake noise_{noise_pattern("NN"), NoiseSide::kInitiator, bytes_of("MixNN handshake 1")};
  std::optional<NoiseSession> session_;
};

std::string owner_error(const std::function<void(Capabilities&)>& change,
                        AeadChoice aead = AeadChoice::kAuto) {
  LoopbackNetwork network(2);
  Capabilities says = local_capabilities();
  change(says);
  HandmadeNode node(network.at(1), says);
  network.pump([&] { node.turn(); });
  SessionOptions options;
  options.aead = aead;
  options.timeout = std::chrono::seconds(10);
  try {
    OwnerHandshake(network.at(0), options).meet();
    return "no error";
  } catch (const RunError& error) {
    return error.what();
  }
}

TEST(Handshake, BothSidesEndWithTheSameKeysAndParameters) {
  LoopbackNetwork network(3);
  std::vector<NodeHandshake> nodes;
  nodes.emplace_back(network.at(1));
  nodes.emplace_back(network.at(2));
  std::vector<std::optional<NodeHandshake::Outcome>> outcomes(2);
  const auto turn = [&] {
    for (std::size_t i = 0; i < 2; ++i)
      if (!outcomes[i]) outcomes[i] = nodes[i].poll();
  };
  network.pump(turn);
  OwnerHandshake owner(network.at(0), SessionOptions{});
  const RunParameters parameters = some_parameters(owner.meet());
  const std::vector<EpochKeys> keys = owner.begin(parameters);
  turn();
  ASSERT_EQ(keys.size(), 3u);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(outcomes[i].has_value());
    EXPECT_EQ(to_hex(outcomes[i]->keys.slot_key().bytes()), to_hex(keys[i + 1].slot_key().bytes()));
    EXPECT_EQ(outcomes[i]->parameters.cell_bytes, parameters.cell_bytes);
    EXPECT_EQ(outcomes[i]->parameters.suite, parameters.suite);
  }
  EXPECT_NE(to_hex(keys[1].slot_key().bytes()), to_hex(keys[2].slot_key().bytes()));
  EXPECT_NE(to_hex(keys[0].slot_key().bytes()), to_hex(keys[1].slot_key().bytes()));
}

TEST(Handshake, AMismatchNamesTheRankAndTheRemedy) {
  EXPECT_EQ(owner_error([](Capabilities&) {}), "no error");
  EXPECT_THAT(owner_error([](Capabilities& c) { c.protocol = 9; }),
              HasSubstr("rank 1 speaks protocol version 9, rank 0 version 6"));
  EXPECT_THAT(owner_error([](Capabilities& c) { c.blas_version = "OpenBLAS 0.0.1"; }),
              HasSubstr("rank 1 has OpenBLAS 0.0.1"));
  EXPECT_THAT(owner_error([](Capabilities& c) { c.blas_core = "Atom"; }),
              HasSubstr("set OPENBLAS_CORETYPE"));
  EXPECT_THAT(owner_error([](Capabilities& c) { c.aes256gcm = false; }, AeadChoice::kAes256Gcm),
              HasSubstr("rank 1 has no AES instructions; use --aead auto"));
}

TEST(Handshake, OneRankWithoutAesMakesTheRunUseChaCha) {
  LoopbackNetwork network(2);
  Capabilities says = local_capabilities();
  says.aes256gcm = false;
  HandmadeNode node(network.at(1), says);
  network.pump([&] { node.turn(); });
  EXPECT_EQ(OwnerHandshake(network.at(0), SessionOptions{}).meet(), AeadSuite::kChaCha20Poly1305);
}

TEST(Handshake, ASilentRankIsNamed) {
  LoopbackNetwork network(3);
  SessionOptions options;
  options.timeout = std::chrono::milliseconds(50);
  OwnerHandshake owner(network.at(0), options);
  try {
    owner.meet();
    FAIL() << "nobody answered";
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(), "no handshake from rank 1, 2 within the timeout");
  }
}

// Any altered datagram, of any of the four, is noticed by whoever gets it.
TEST(Handshake, AnAlteredDatagramIsNoticed) {
  for (const bool to_owner : {true, false}) {
    LoopbackNetwork network(2);
    NodeHandshake node(network.at(1));
    const std::optional<Datagram> first = network.at(0).poll_datagram();
    ASSERT_TRUE(first.has_value());
    NoiseHandshake noise(noise_pattern("NN"), NoiseSide::kResponder, bytes_of("MixNN handshake 1"));
    ASSERT_TRUE(noise.read_message(first->bytes).has_value());
    std::vector<std::byte> second = noise.write_message({});
    NoiseSession session = noise.finish();
    if (!to_owner) second.back() ^= std::byte{1};
    network.at(0).send_datagram(1, second);
    if (!to_owner) {
      EXPECT_THROW(node.poll(), RunError);
      continue;
    }
    EXPECT_FALSE(node.poll().has_value());
    std::optional<Datagram> third = network.at(0).poll_datagram();
    ASSERT_TRUE(third.has_value());
    third->bytes[3] ^= std::byte{1};
    EXPECT_FALSE(session.receive.open({}, third->bytes).has_value());
    std::vector<std::byte> fourth = session.send.seal({}, std::vector<std::byte>(60));
    fourth[0] ^= std::byte{1};
    network.at(0).send_datagram(1, fourth);
    EXPECT_THROW(node.poll(), RunError);
  }
}

}  // namespace
}  // namespace mixnn
