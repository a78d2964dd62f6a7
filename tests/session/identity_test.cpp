// What the owner and its nodes know each other by, and what becomes of whom nobody knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/session/node_handshake.hpp"
#include "mixnn/session/owner_handshake.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;

// An owner with a roster, and machines that may be in it. All run on the host of the loopback, so
// identities are required of them.
struct Village {
  X25519KeyPair owner = X25519KeyPair::generate();
  Roster roster;

  OwnerIdentity owner_identity() const {
    return {.keys = OwnerIdentity::Keys{owner, roster}, .credentials = nullptr, .required = true};
  }
  // A machine that was enrolled; its ranks may be so many.
  NodeIdentity enrolled(const std::string& host, std::uint32_t ranks = 1) {
    const NodeIdentity node = stranger();
    roster.pin(host, node.key->public_key, ranks);
    return node;
  }
  // One that knows all that an enrolled one knows, but is not in the roster.
  NodeIdentity stranger() const {
    NodeIdentity node;
    node.key = X25519KeyPair::generate();
    node.owners.put({owner.public_key, roster.psk()});
    return node;
  }
};

struct Attempt {
  std::string error;  // empty: the handshake came to its end
  std::size_t ready = 0;
  std::optional<Authentication> elsewhere;
  MachineMap machines;
};

// A node for each identity, against one owner; on one host, or on those that `hosts` says by rank.
Attempt attempt(const OwnerIdentity& owner, const std::vector<NodeIdentity>& identities,
                std::vector<int> hosts = {}) {
  LoopbackNetwork network(static_cast<int>(identities.size()) + 1);
  if (!hosts.empty()) network.place(std::move(hosts));
  std::vector<NodeHandshake> nodes;
  for (std::size_t i = 0; i < identities.size(); ++i)
    nodes.emplace_back(network.at(static_cast<int>(i) + 1), identities[i]);
  Attempt result;
  const auto turn = [&] {
    for (NodeHandshake& node : nodes) result.ready += node.poll().has_value();
  };
  network.pump(turn);
  SessionOptions options;
  options.timeout = std::chrono::milliseconds(500);
  try {
    OwnerHandshake handshake(network.at(0), options, owner);
    RunParameters parameters;
    parameters.suite = handshake.meet();
    result.machines = handshake.machines();
    parameters.cell_bytes = kMinCellBytes;
    parameters.pool_cells = 10;
    parameters.serial_bits = 12;
    EXPECT_EQ(handshake.begin(parameters).size(), identities.size() + 1);
    turn();
  } catch (const RunError& error) {
    result.error = error.what();
  }
  return result;
}

TEST(Identities, MachinesOfTheRosterAreServedWithAllTheirRanks) {
  Village village;
  const NodeIdentity a = village.enrolled("a", 2), b = village.enrolled("b");
  const Attempt all = attempt(village.owner_identity(), {a, b, a});
  EXPECT_EQ(all.error, "");
  EXPECT_EQ(all.ready, 3u);
}

TEST(Identities, BothKeysOfAMachineAreValidAtOnce) {
  Village village;
  const NodeIdentity before = village.enrolled("a", 2);
  NodeIdentity after = before;
  after.key = X25519KeyPair::generate();
  village.roster.pin("a", after.key->public_key, 2);
  EXPECT_EQ(attempt(village.owner_identity(), {before, after}).error, "");
  EXPECT_THAT(attempt(village.owner_identity(), {before, after, after}).error,
              HasSubstr("rank 3: more ranks show the key of a than the 2 that the roster allows"));
}

TEST(Identities, AnUnknownKeyEndsTheJobWithOneError) {
  Village village;
  const NodeIdentity good = village.enrolled("a"), stranger = village.stranger();
  const Attempt refused = attempt(village.owner_identity(), {good, stranger});
  EXPECT_THAT(refused.error, HasSubstr("rank 2 shows a key that is not in the roster, " +
                                       to_text(stranger.key->public_key)));
  EXPECT_EQ(refused.ready, 0u) << "a node was started";
}

TEST(Identities, ARemovedMachineIsUnknown) {
  Village village;
  const NodeIdentity a = village.enrolled("a");
  EXPECT_EQ(attempt(village.owner_identity(), {a}).error, "");
  village.roster.remove("a");
  EXPECT_THAT(attempt(village.owner_identity(), {a}).error, HasSubstr("not in the roster"));
}

TEST(Identities, AKeyOfMoreRanksThanItsEntryAllowsIsRefused) {
  Village village;
  const NodeIdentity a = village.enrolled("a", 1);
  const Attempt twice = attempt(village.owner_identity(), {a, a});
  EXPECT_THAT(twice.error, HasSubstr("than the 1 that the roster allows"));
  EXPECT_EQ(twice.ready, 0u);
}

// Who says that it is the owner, and has the public key, but not the secret one.
TEST(Identities, AnOwnerWithoutItsSecretIsRefusedByItsNodes) {
  Village village;
  const NodeIdentity a = village.enrolled("a");
  OwnerIdentity impostor = village.owner_identity();
  impostor.keys->own = X25519KeyPair::generate();
  EXPECT_THAT(attempt(impostor, {a}).error,
              HasSubstr("does not serve this owner: this machine does not know this owner's key"));
  impostor.keys->own.public_key = village.owner.public_key;
  const Attempt claimed = attempt(impostor, {a});
  EXPECT_THAT(claimed.error, HasSubstr("its handshake does not open"));
  EXPECT_EQ(claimed.ready, 0u);
}

TEST(Identities, AnotherPreSharedKeyIsRefused) {
  Village village;
  NodeIdentity a = village.enrolled("a");
  a.owners.put({village.owner.public_key, Roster().psk()});
  EXPECT_THAT(attempt(village.owner_identity(), {a}).error,
              HasSubstr("rank 1 does not serve this owner: its answer does not open"));
}

TEST(Identities, AMachineThatWasNeverEnrolledSaysSo) {
  Village village;
  EXPECT_THAT(attempt(village.owner_identity(), {NodeIdentity{}}).error,
              HasSubstr("rank 1 does not serve this owner: this machine has no key"));
}

// Downgrade: whoever stands between can only say that there are no identities.
TEST(Identities, ANodeThatRequiresThemServesNoOwnerWithout) {
  Village village;
  NodeIdentity a = village.enrolled("a");
  a.required = true;
  const Attempt refused = attempt({}, {a});
  EXPECT_THAT(refused.error, HasSubstr("the owner shows no identity"));
  EXPECT_EQ(refused.ready, 0u);
}

TEST(Identities, ANodeThatKnowsAnOwnerFallsBackForItsOwnHostAlone) {
  Village village;
  NodeIdentity a = village.enrolled("a");
  const PublicKey none{};
  EXPECT_FALSE(a.refuse(Authentication::kNone, none, true).has_value());
  EXPECT_THAT(a.refuse(Authentication::kNone, none, false).value(),
              HasSubstr("knows an owner's key, and this owner shows none"));
  EXPECT_THAT(a.refuse(Authentication::kMunge, none, false).value(), HasSubstr("--identity munge"));
  a.none = true;
  EXPECT_FALSE(a.refuse(Authentication::kNone, none, false).has_value());
  a.required = true;
  EXPECT_TRUE(a.refuse(Authentication::kNone, none, true).has_value());
  EXPECT_FALSE(a.refuse(Authentication::kKeys, village.owner.public_key, false).has_value());
  EXPECT_FALSE(NodeIdentity{}.refuse(Authentication::kNone, none, false).has_value());
}

// The owner asks for keys elsewhere, not on its own host, unless they are required of all.
TEST(Identities, TheOwnerAsksForWhatItHas) {
  Village village;
  OwnerIdentity owner = village.owner_identity();
  EXPECT_EQ(owner.with(true), Authentication::kKeys);
  owner.required = false;
  EXPECT_EQ(owner.with(true), Authentication::kNone);
  EXPECT_EQ(owner.with(false), Authentication::kKeys);
  owner.keys.reset();
  EXPECT_EQ(owner.with(false), Authentication::kNone);
}

// A handshake that was recorded is of no use in another job, as another rank, or in a job of
// another size: each is in the prologue.
TEST(Identities, ARecordedFirstMessageOpensNowhereElse) {
  Village village;
  const NodeIdentity a = village.enrolled("a", 9);
  Hello hello;
  hello.authentication = Authentication::kKeys;
  hello.owner = village.owner.public_key;
  hello.roster = village.roster.digest(hello.owner);
  const auto opens = [&](const Hello& at_owner, int rank, int ranks) {
    NoiseKeys keys{.own = a.key, .remote = village.owner.public_key};
    keys.psk = village.roster.psk();
    const auto first = begin_noise(NoiseSide::kInitiator, hello, 2, 5, keys).write_message({});
    NoiseKeys owners{.own = village.owner};
    owners.psk = village.roster.psk();
    return begin_noise(NoiseSide::kResponder, at_owner, rank, ranks, owners)
        .read_message(first)
        .has_value();
  };
  EXPECT_TRUE(opens(hello, 2, 5));
  EXPECT_FALSE(opens(hello, 3, 5));
  EXPECT_FALSE(opens(hello, 2, 6));
  Hello other = hello;
  other.job[3] = std::byte{1};
  EXPECT_FALSE(opens(other, 2, 5));
  other = hello;
  village.roster.pin("b", X25519KeyPair::generate().public_key, 1);
  other.roster = village.roster.digest(hello.owner);
  EXPECT_FALSE(opens(other, 2, 5));
  other = hello;
  other.protocol += 1;
  EXPECT_FALSE(opens(other, 2, 5));
}

TEST(Identities, RanksThatShowTheKeysOfOneMachineShareIt) {
  Village village;
  const NodeIdentity a = village.enrolled("a", 2), b = village.enrolled("b", 2);
  NodeIdentity other_a = a;
  other_a.key = X25519KeyPair::generate();
  village.roster.pin("a", other_a.key->public_key, 2);
  OwnerIdentity owner = village.owner_identity();
  owner.required = false;
  // Whatever hosts ranks say that they are on.
  const Attempt known = attempt(owner, {a, b, other_a, b, {}}, {0, 1, 2, 3, 4, 0});
  EXPECT_EQ(known.error, "");
  EXPECT_EQ(known.machines.of, (std::vector<std::uint32_t>{0, 1, 2, 1, 2, 0}));
  EXPECT_EQ(known.machines.by, MachineMap::By::kKeys);
}

TEST(Identities, WithoutKeysRanksShareTheMachineThatTheySay) {
  const std::vector<NodeIdentity> nodes(5);
  const Attempt told = attempt({}, nodes, {7, 4, 4, 7, 9, 4});
  EXPECT_EQ(told.error, "");
  EXPECT_EQ(told.machines.of, (std::vector<std::uint32_t>{0, 1, 1, 0, 2, 1}));
  EXPECT_EQ(told.machines.by, MachineMap::By::kWord);
  EXPECT_EQ(attempt({}, nodes).machines.count(), 1u);
}

// The owner's machine is trusted: it is the owner's host that says who is there.
TEST(Identities, NobodyIsOnTheOwnersMachineByItsWordAlone) {
  class Lied final : public Transport {
   public:
    explicit Lied(Transport& inner) : inner_(inner) {}
    int rank() const override { return inner_.rank(); }
    int size() const override { return inner_.size(); }
    int first_on_host_of(int) const override { return 0; }
    Turns& turns() override { return inner_.turns(); }
    Refusals& refusals() override { return inner_.refusals(); }
    void send_datagram(int to, ConstBytes bytes) override { inner_.send_datagram(to, bytes); }
    std::optional<Datagram> poll_datagram() override { return inner_.poll_datagram(); }
    void open(CellPool& pool) override { inner_.open(pool); }
    void send(int to, CellBuffer cell) override { inner_.send(to, std::move(cell)); }
    std::optional<Arrival> poll() override { return inner_.poll(); }
    void flush() override { inner_.flush(); }
    bool all_sent() override { return inner_.all_sent(); }
    void close() noexcept override { inner_.close(); }

   private:
    Transport& inner_;
  };
  LoopbackNetwork network(3);
  Lied lied(network.at(0));
  const OwnerHandshake handshake(lied, {});
  EXPECT_EQ(handshake.machines().of, (std::vector<std::uint32_t>{0, 1, 1}));
}

// A service in memory: knows its user's statements, and each once.
class Vouching final : public Credentials {
 public:
  explicit Vouching(std::string user) : user_(std::move(user)) {}
  std::string vouch(ConstBytes statement) override { return user_ + to_hex(statement); }
  std::optional<std::string> refuse(const std::string& text, ConstBytes statement) override {
    if (!text.starts_with(user_)) return "another user";
    if (text != user_ + to_hex(statement)) return "another statement";
    return std::nullopt;
  }

 private:
  std::string user_;
};

TEST(Credentials, VouchForBothEndsOverTheHandshakeHash) {
  Vouching alice("alice"), mallory("mallory");
  const OwnerIdentity owner{.keys = {}, .credentials = &alice, .required = true};
  NodeIdentity node;
  node.credentials = &alice;
  EXPECT_EQ(attempt(owner, {node}).error, "");
  EXPECT_EQ(attempt(owner, {node}).ready, 1u);
  node.credentials = &mallory;
  EXPECT_THAT(attempt(owner, {node}).error,
              HasSubstr("rank 1: its credential does not hold: another user"));
  node.credentials = nullptr;
  EXPECT_THAT(attempt(owner, {node}).error, HasSubstr("munge was not asked for here"));
}

// As where munge does not run: each rank of the host says so to the owner, which says it once.
TEST(Credentials, AServiceThatDoesNotAnswerIsTheOwnersOneError) {
  class Silent final : public Credentials {
   public:
    std::string vouch(ConstBytes) override { throw RunError("the service is gone"); }
    std::optional<std::string> refuse(const std::string&, ConstBytes) override { return {}; }
  };
  Vouching alice("alice");
  Silent silent;
  NodeIdentity node, lost;
  node.credentials = &alice;
  lost.credentials = &silent;
  const Attempt refused =
      attempt({.keys = {}, .credentials = &alice, .required = true}, {node, lost, lost});
  EXPECT_THAT(refused.error, HasSubstr("does not serve this owner: the service is gone"));
  EXPECT_EQ(refused.ready, 0u);
}

TEST(Credentials, OfOneEndAreNotThoseOfTheOtherNorOfAnotherHandshake) {
  const Digest one = sha256({bytes_of("one")}), other = sha256({bytes_of("other")});
  EXPECT_NE(credential_statement(NoiseSide::kInitiator, one),
            credential_statement(NoiseSide::kResponder, one));
  EXPECT_NE(credential_statement(NoiseSide::kInitiator, one),
            credential_statement(NoiseSide::kInitiator, other));
}

}  // namespace
}  // namespace mixnn
