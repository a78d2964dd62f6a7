#include "mixnn/session/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "mixnn/base/error.hpp"
#include "mixnn/session/node_handshake.hpp"
#include "mixnn/session/owner_handshake.hpp"
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
      : transport_(transport), says_(std::move(says)) {}
  void turn() {
    const std::optional<Datagram> datagram = transport_.poll_datagram();
    if (!datagram || session_) return;
    if (!noise_) {
      ASSERT_EQ(datagram->bytes[0], std::byte{1});
      // The prologue: a text, the hello as it came, this rank, and how many there are.
      std::vector<std::byte> prologue;
      ByteWriter writer(prologue);
      writer.put_bytes(bytes_of("MixNN handshake 2"));
      writer.put_bytes(ConstBytes(datagram->bytes).subspan(1));
      writer.put(std::uint32_t{1});
      writer.put(std::uint32_t{2});
      noise_.emplace(noise_pattern("NN"), NoiseSide::kInitiator, prologue);
      return send(2, noise_->write_message({}));
    }
    ASSERT_EQ(datagram->bytes[0], std::byte{2});
    ASSERT_TRUE(noise_->read_message(ConstBytes(datagram->bytes).subspan(1)).has_value());
    session_.emplace(noise_->finish());
    std::vector<std::byte> says;
    ByteWriter writer(says);
    writer.put(says_.protocol);
    writer.put(static_cast<std::uint8_t>(says_.aes256gcm));
    writer.put_string(says_.blas_version);
    writer.put_string(says_.blas_core);
    writer.put_string("");
    send(3, session_->send.seal({}, says));
  }

 private:
  void send(std::uint8_t kind, std::vector<std::byte> body) {
    body.insert(body.begin(), std::byte{kind});
    transport_.send_datagram(0, body);
  }

  Transport& transport_;
  Capabilities says_;
  std::optional<NoiseHandshake> noise_;
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
  EXPECT_THAT(owner_error([](Capabilities& c) { c.protocol = kProtocolVersion + 1; }),
              HasSubstr("rank 1 speaks protocol version " + std::to_string(kProtocolVersion + 1) +
                        ", rank 0 version " + std::to_string(kProtocolVersion)));
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

// Runs a handshake of one node in which `spoil` may change the datagrams on their way, counted from
// 0: hello, two of Noise, what the node runs, the start. Whether it came to its end.
bool survives(const std::function<void(std::size_t, std::vector<std::byte>&)>& spoil) {
  LoopbackNetwork owners(2), nodes(2);  // what one side sends is passed on by hand
  NodeHandshake node(nodes.at(1));
  std::size_t number = 0;
  std::optional<NodeHandshake::Outcome> outcome;
  const auto pass = [&](Transport& from, Transport& to, int receiver) {
    while (std::optional<Datagram> datagram = from.poll_datagram()) {
      spoil(number++, datagram->bytes);
      to.send_datagram(receiver, datagram->bytes);
    }
  };
  const auto turn = [&] {
    pass(owners.at(1), nodes.at(0), 1);
    if (!outcome) outcome = node.poll();
    pass(nodes.at(0), owners.at(1), 0);
  };
  owners.pump(turn);
  SessionOptions options;
  options.timeout = std::chrono::milliseconds(200);
  try {
    OwnerHandshake owner(owners.at(0), options);
    const auto keys = owner.begin(some_parameters(owner.meet()));
    turn();
    return outcome &&
           to_hex(outcome->keys.slot_key().bytes()) == to_hex(keys[1].slot_key().bytes());
  } catch (const RunError&) {
    return false;
  }
}

TEST(Handshake, AnAlteredDatagramIsNoticed) {
  std::vector<std::size_t> sizes;
  EXPECT_TRUE(survives([&](std::size_t, std::vector<std::byte>& d) { sizes.push_back(d.size()); }));
  ASSERT_EQ(sizes.size(), 5u);
  for (std::size_t number = 0; number < sizes.size(); ++number)
    for (std::size_t at = 0; at < sizes[number]; at += 1 + sizes[number] / 40)
      EXPECT_FALSE(survives([&](std::size_t i, std::vector<std::byte>& datagram) {
        if (i == number) datagram[at] ^= std::byte{1};
      })) << number
          << ' ' << at;
}

// Ranks that answer one after the other: the timeout is for one that nothing comes from.
TEST(Handshake, EachAnswerIsProgress) {
  constexpr int kSlowRanks = 6;
  LoopbackNetwork network(kSlowRanks);
  std::vector<NodeHandshake> nodes;
  for (int rank = 1; rank < kSlowRanks; ++rank) nodes.emplace_back(network.at(rank));
  SessionOptions options;
  options.timeout = std::chrono::milliseconds(100);
  OwnerHandshake owner(network.at(0), options);
  const Stopwatch watch;
  network.pump([&] {
    const auto awake = static_cast<std::size_t>(watch.seconds() / 0.04);
    for (std::size_t i = 0; i < std::min(awake, nodes.size()); ++i) nodes[i].poll();
  });
  owner.meet();
  EXPECT_GT(watch.seconds(), 0.15);
}

TEST(Handshake, JunkIsNoProgress) {
  LoopbackNetwork network(3);
  SessionOptions options;
  options.timeout = std::chrono::milliseconds(50);
  NodeHandshake node(network.at(1));
  OwnerHandshake owner(network.at(0), options);
  network.pump([&, turns = 0]() mutable {
    node.poll();  // it has soon said all
    if (++turns > 10) network.at(1).send_datagram(0, std::vector<std::byte>(40));
  });
  const Stopwatch watch;
  EXPECT_THROW(owner.meet(), RunError);
  EXPECT_LT(watch.seconds(), 5);
  EXPECT_GT(network.at(0).refusals().from(1), 10u);
}

}  // namespace
}  // namespace mixnn
