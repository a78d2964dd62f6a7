// The handshake, each side against a peer that says what the fuzzer wants at each step: bytes as
// they are, or sealed as the protocol seals them.
#include "mixnn/session/handshake.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn::fuzzing {
namespace {

struct NothingLeftToSay {};

RunParameters small_parameters(AeadSuite suite) {
  RunParameters parameters;
  parameters.suite = suite;
  parameters.cell_bytes = kMinCellBytes;
  parameters.pool_cells = 32;
  parameters.serial_bits = 10;
  return parameters;
}

// One end of the handshake. What it says goes by choices: below(4) is 0, what an honest one says,
// with some bytes altered; 1, a text of the fuzzer's, sealed; 2, bytes as they are; 3, nothing.
class Peer {
 public:
  Peer(Transport& transport, int other, NoiseSide side, Choices& choices)
      : transport_(transport),
        other_(other),
        noise_(side, bytes_of("MixNN handshake 1")),
        choices_(choices) {}

  bool read() {
    const std::optional<Datagram> datagram = transport_.poll_datagram();
    return datagram && !session_ && noise_.read_message(datagram->bytes).has_value();
  }
  void say_noise() {
    const std::uint32_t how = choices_.below(4);
    Input message = noise_.write_message(how == 1 ? choices_.some() : ConstBytes());
    if (how == 0) alter(message, choices_.below(64), choices_.some());
    send(how, std::move(message));
  }
  void agree() { session_.emplace(noise_.finish()); }
  void say_sealed(Input text) {
    const std::uint32_t how = choices_.below(4);
    if (how == 0) alter(text, choices_.below(128), choices_.some());
    const ConstBytes own = how == 1 ? choices_.some() : ConstBytes();
    send(how, session_->send.seal({}, how == 1 ? own : ConstBytes(text)));
  }

 private:
  void send(std::uint32_t how, Input message) {
    if (how == 2) {
      const ConstBytes raw = choices_.some();
      message.assign(raw.begin(), raw.end());
    }
    message.resize(std::min(message.size(), Transport::kMaxDatagram));
    if (how != 3) transport_.send_datagram(other_, message);
  }

  Transport& transport_;
  int other_;
  NoiseNN noise_;
  Choices& choices_;
  std::optional<NoiseSession> session_;
};

bool run_owner_side(ConstBytes input) {
  Choices choices(input);
  LoopbackNetwork network(2);
  Peer peer(network.at(1), 0, NoiseSide::kInitiator, choices);
  int said = 0;
  network.pump([&] {
    if (said == 0) {
      peer.say_noise();
    } else if (said == 1 && peer.read()) {
      peer.agree();
      peer.say_sealed(encode(local_capabilities()));
    } else {
      throw NothingLeftToSay();
    }
    ++said;
  });
  try {
    OwnerHandshake owner(network.at(0), SessionOptions{});
    owner.begin(small_parameters(owner.meet()));
    return true;
  } catch (const RunError&) {
    return false;
  } catch (const NothingLeftToSay&) {
    return false;
  }
}

// Behind the handshake the node does what it was told: its pool, its bitmap of serials.
bool run_node_side(ConstBytes input) {
  Choices choices(input);
  LoopbackNetwork network(2);
  Node node(network.at(1));
  Peer owner(network.at(0), 1, NoiseSide::kResponder, choices);
  try {
    if (!owner.read()) return false;
    owner.say_noise();
    node.step();
    if (!network.at(0).poll_datagram()) return false;
    owner.agree();
    RunStart start;
    start.parameters = small_parameters(AeadSuite::kChaCha20Poly1305);
    owner.say_sealed(encode(start));
    return node.step();
  } catch (const RunError&) {
    return false;
  }
}

std::vector<Input> handshake_seeds() {
  return {Chosen().bytes({0, 0}).some({}).bytes({0, 0}).some({}).input(),
          Chosen().bytes({1}).some(bytes_of("payload")).bytes({0, 0}).some({}).input()};
}

}  // namespace

extern const Target kHandshakeOwner, kHandshakeNode;
const Target kHandshakeOwner{"handshake_owner", run_owner_side, handshake_seeds, 512};
const Target kHandshakeNode{"handshake_node", run_node_side, handshake_seeds, 512};

}  // namespace mixnn::fuzzing
