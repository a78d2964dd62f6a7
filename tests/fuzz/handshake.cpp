// The handshake, each side against a peer that says what the fuzzer wants at each step: bytes as
// they are, or sealed as the protocol seals them. With keys, with credentials, and with neither.
#include "mixnn/session/handshake.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/session/owner_handshake.hpp"
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

// Vouches for everybody with one word.
class OneWord final : public Credentials {
 public:
  std::string vouch(ConstBytes) override { return "word"; }
  std::optional<std::string> refuse(const std::string& text, ConstBytes) override {
    return text == "word" ? std::nullopt : std::optional<std::string>("another word");
  }
};

Key some_secret(int seed) { return Key::from(Input(Key::size(), static_cast<std::byte>(seed))); }

// An owner and a node that know each other.
struct Acquaintance {
  X25519KeyPair owner = X25519KeyPair::from_secret(some_secret(1));
  X25519KeyPair node = X25519KeyPair::from_secret(some_secret(2));
  Roster roster = Roster::parse("mixnn roster 1\npsk " + to_hex(some_secret(3).bytes()) +
                                    "\nhost node ranks 1 key " + to_text(node.public_key) + "\n",
                                "roster");
  OneWord word;

  OwnerIdentity of_owner(Authentication how) {
    OwnerIdentity identity;
    if (how == Authentication::kKeys) identity.keys = {owner, roster};
    if (how == Authentication::kMunge) identity.credentials = &word;
    identity.required = how != Authentication::kNone;
    return identity;
  }
  NodeIdentity of_node() {
    NodeIdentity identity;
    identity.key = node;
    identity.owners.put({owner.public_key, roster.psk()});
    identity.credentials = &word;
    identity.none = true;
    return identity;
  }
};

Acquaintance& acquaintance() {
  static Acquaintance both;
  return both;
}

// One end of the handshake. What it says goes by choices: below(4) is 0, what an honest one says,
// with some bytes altered; 1, a text of the fuzzer's, sealed where the honest one is; 2, a whole
// datagram of the fuzzer's; 3, nothing.
class Peer {
 public:
  Peer(Transport& transport, int other, Choices& choices)
      : transport_(transport), other_(other), choices_(choices) {}

  // The body of what has come, if it is of this kind.
  std::optional<Input> hear(DatagramKind kind) {
    const std::optional<Datagram> datagram = transport_.poll_datagram();
    const auto body = datagram ? datagram_body(*datagram, kind) : std::nullopt;
    return body ? std::optional<Input>({body->begin(), body->end()}) : std::nullopt;
  }
  // Returns what it said.
  std::optional<Hello> say_hello(const Hello& hello) {
    const std::uint32_t how = choices_.below(4);
    const Input text = what(how, encode(hello));
    send(how, DatagramKind::kHello, text);
    return decode<Hello>(text);
  }
  void begin(NoiseSide side, const Hello& hello) {
    const bool initiates = side == NoiseSide::kInitiator;
    NoiseKeys keys;
    if (hello.authentication == Authentication::kKeys) {
      const Acquaintance& known = acquaintance();
      keys.own = initiates ? known.node : known.owner;
      if (initiates) keys.remote = known.owner.public_key;
      keys.psk = known.roster.psk();
    }
    noise_.emplace(begin_noise(side, hello, 1, 2, std::move(keys)));
  }
  bool read() {
    const std::optional<Input> message = hear(DatagramKind::kNoise);
    return message && noise_->read_message(*message);
  }
  void say_noise() {
    const std::uint32_t how = choices_.below(4);
    Input message = noise_->write_message(how == 1 ? choices_.some() : ConstBytes());
    if (how == 0) alter(message, choices_.below(128), choices_.some());
    send(how, DatagramKind::kNoise, message);
  }
  void agree() { session_.emplace(noise_->finish()); }
  void say_sealed(const Input& honest) {
    const std::uint32_t how = choices_.below(4);
    send(how, DatagramKind::kSealed, session_->send.seal({}, what(how, honest)));
  }

 private:
  Input what(std::uint32_t how, Input honest) {
    if (how == 0) alter(honest, choices_.below(255), choices_.some());
    if (how != 1) return honest;
    const ConstBytes own = choices_.some();
    return {own.begin(), own.end()};
  }
  void send(std::uint32_t how, DatagramKind kind, ConstBytes body) {
    if (how == 2) return transport_.send_datagram(other_, choices_.some());
    if (how != 3) send_datagram(transport_, other_, kind, body);
  }

  Transport& transport_;
  int other_;
  Choices& choices_;
  std::optional<NoiseHandshake> noise_;
  std::optional<NoiseSession> session_;
};

Authentication some_authentication(Choices& choices) {
  return static_cast<Authentication>(choices.below(3));
}

// A node's three turns; false where it has nothing more to say.
bool turn_of_node(int number, Peer& peer, Authentication how) {
  if (number == 0) {
    const std::optional<Input> body = peer.hear(DatagramKind::kHello);
    peer.begin(NoiseSide::kInitiator, decode<Hello>(body.value()).value());
    peer.say_noise();
    return true;
  }
  if (number > 1 || !peer.read()) return false;
  peer.agree();
  Capabilities capabilities = local_capabilities();
  if (how == Authentication::kMunge) capabilities.credential = "word";
  peer.say_sealed(encode(capabilities));
  return true;
}

bool run_owner_side(ConstBytes input) {
  Choices choices(input);
  const Authentication how = some_authentication(choices);
  LoopbackNetwork network(2);
  Peer peer(network.at(1), 0, choices);
  int turns = 0;
  network.pump([&] {
    if (!turn_of_node(turns++, peer, how)) throw NothingLeftToSay();
  });
  try {
    OwnerHandshake owner(network.at(0), SessionOptions{}, acquaintance().of_owner(how));
    owner.begin(small_parameters(owner.meet()));
    return true;
  } catch (const RunError&) {
    return false;
  } catch (const NothingLeftToSay&) {
    return false;
  }
}

Hello hello_of(Authentication how) {
  Hello hello;
  hello.authentication = how;
  if (how == Authentication::kKeys) {
    hello.owner = acquaintance().owner.public_key;
    hello.roster = acquaintance().roster.digest(hello.owner);
  }
  return hello;
}

// Behind the handshake the node does what it was told: its pool, its bitmap of serials.
bool run_node_side(ConstBytes input) {
  Choices choices(input);
  const Authentication how = some_authentication(choices);
  LoopbackNetwork network(2);
  Node node(network.at(1), acquaintance().of_node());
  Peer owner(network.at(0), 1, choices);
  try {
    const std::optional<Hello> hello = owner.say_hello(hello_of(how));
    node.step();
    if (!hello) return false;
    owner.begin(NoiseSide::kResponder, *hello);
    if (!owner.read()) return false;
    owner.say_noise();
    node.step();
    if (!owner.hear(DatagramKind::kSealed)) return false;
    owner.agree();
    RunStart start;
    start.parameters = small_parameters(AeadSuite::kChaCha20Poly1305);
    if (how == Authentication::kMunge) start.credential = "word";
    owner.say_sealed(encode(start));
    return node.step();
  } catch (const RunError&) {
    return false;
  }
}

// Each way, nothing altered; and with a payload in the Noise message.
std::vector<Input> owner_side_seeds() {
  std::vector<Input> seeds;
  for (int how = 0; how < 3; ++how)
    seeds.push_back(Chosen().bytes({how, 0, 0}).some({}).bytes({0, 0}).some({}).input());
  seeds.push_back(Chosen().bytes({2, 1}).some(bytes_of("payload")).bytes({0, 0}).some({}).input());
  return seeds;
}
std::vector<Input> node_side_seeds() {
  std::vector<Input> seeds;
  for (int how = 0; how < 3; ++how)
    seeds.push_back(
        Chosen().bytes({how, 0, 0}).some({}).bytes({0, 0}).some({}).bytes({0, 0}).some({}).input());
  seeds.push_back(Chosen()
                      .bytes({2, 0, 0})
                      .some({})
                      .bytes({1})
                      .some(bytes_of("payload"))
                      .bytes({0, 0})
                      .some({})
                      .input());
  return seeds;
}

}  // namespace

extern const Target kHandshakeOwner, kHandshakeNode;
const Target kHandshakeOwner{"handshake_owner", run_owner_side, owner_side_seeds, 512};
const Target kHandshakeNode{"handshake_node", run_node_side, node_side_seeds, 512};

}  // namespace mixnn::fuzzing
