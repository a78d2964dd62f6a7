#include "mixnn/session/owner_handshake.hpp"

#include <utility>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/identity/machine_key.hpp"

namespace mixnn {
namespace {

std::string name_of(int rank) { return "rank " + std::to_string(rank); }

RunError broken_at(int rank) {
  return RunError(name_of(rank) + ": the handshake failed; do all ranks run the same mixnn?");
}

}  // namespace

OwnerHandshake::OwnerHandshake(Transport& transport, const SessionOptions& options,
                               OwnerIdentity identity)
    : transport_(transport),
      options_(options),
      identity_(std::move(identity)),
      own_(local_capabilities()) {
  Csprng().fill(job_);
  peers_.resize(static_cast<std::size_t>(transport.size()));
  for (int rank = 1; rank < transport.size(); ++rank) say_hello(rank);
}

void OwnerHandshake::say_hello(int rank) {
  const bool here = transport_.on_this_host(rank);
  Hello& hello = peers_[static_cast<std::size_t>(rank)].hello;
  hello.authentication = identity_.with(here);
  hello.job = job_;
  if (hello.authentication == Authentication::kKeys) {
    hello.owner = identity_.keys->own.public_key;
    hello.roster = identity_.keys->roster.digest(hello.owner);
  }
  if (!here) elsewhere_ = hello.authentication;
  send_datagram(transport_, rank, DatagramKind::kHello, encode(hello));
}

AeadSuite OwnerHandshake::meet() {
  const SteadyClock clock;
  StallWatch watch(options_.timeout, clock);
  std::size_t missing = peers_.size() - 1, unsaid = 2 * missing;
  while (missing > 0) {
    if (const std::optional<Datagram> datagram = transport_.poll_datagram()) {
      handle(*datagram);
      std::size_t left = 0;
      missing = 0;
      for (std::size_t r = 1; r < peers_.size(); ++r) {
        missing += !peers_[r].capabilities;
        left += !peers_[r].capabilities + std::size_t{!peers_[r].session};
      }
      if (std::exchange(unsaid, left) != left) watch.moved();  // junk moves nothing
    } else {
      transport_.turns().idle(false);
    }
    if (missing > 0 && watch.stalled()) {
      std::string silent;
      for (std::size_t r = 1; r < peers_.size(); ++r)
        if (!peers_[r].capabilities) silent += (silent.empty() ? "" : ", ") + std::to_string(r);
      throw RunError("no handshake from rank " + silent + " within the timeout");
    }
  }
  return choose_suite();
}

void OwnerHandshake::handle(const Datagram& datagram) {
  const int rank = datagram.from;
  Peer& peer = peers_[static_cast<std::size_t>(rank)];
  if (peer.capabilities || rank == kHandshakeOwner) {  // it has said all that there is to say
    transport_.refusals().count(rank);
    return;
  }
  if (const std::optional<ConstBytes> body = datagram_body(datagram, DatagramKind::kRefusal)) {
    const std::optional<Refusal> refusal = decode<Refusal>(*body);
    throw RunError(name_of(rank) + " does not serve this owner: " + (refusal ? refusal->why : ""));
  }
  if (!peer.session) {
    const std::optional<ConstBytes> message = datagram_body(datagram, DatagramKind::kNoise);
    if (!message) throw broken_at(rank);
    return answer(rank, *message);
  }
  const std::optional<ConstBytes> sealed = datagram_body(datagram, DatagramKind::kSealed);
  if (!sealed) throw broken_at(rank);
  const std::optional<std::vector<std::byte>> text = peer.session->receive.open({}, *sealed);
  if (!text) throw broken_at(rank);
  peer.capabilities = decode<Capabilities>(*text);
  if (!peer.capabilities) throw broken_at(rank);
  check_credential(rank);
  check_agreement(rank, *peer.capabilities);
}

void OwnerHandshake::answer(int rank, ConstBytes message) {
  Peer& peer = peers_[static_cast<std::size_t>(rank)];
  NoiseKeys keys;
  const bool known = peer.hello.authentication == Authentication::kKeys;
  if (known) {
    keys.own = identity_.keys->own;
    keys.psk = identity_.keys->roster.psk();
  }
  NoiseHandshake noise =
      begin_noise(NoiseSide::kResponder, peer.hello, rank, transport_.size(), std::move(keys));
  if (!noise.read_message(message)) {
    if (!known) throw broken_at(rank);
    throw RunError(name_of(rank) +
                   ": its handshake does not open: it was altered or replayed, or it is for "
                   "another owner's key (mixnn roster add for its host mends that)");
  }
  if (known) admit(rank, noise.remote().value());
  send_datagram(transport_, rank, DatagramKind::kNoise, noise.write_message({}));
  peer.session.emplace(noise.finish());
}

void OwnerHandshake::admit(int rank, const PublicKey& key) {
  const RosterEntry* const entry = identity_.keys->roster.find(key);
  if (entry == nullptr)
    throw RunError(name_of(rank) + " shows a key that is not in the roster, " + to_text(key) +
                   "; if its machine is to be trusted: mixnn roster add HOST");
  if (++admitted_[entry->host] > entry->ranks)
    throw RunError(name_of(rank) + ": more ranks show the key of " + entry->host + " than the " +
                   std::to_string(entry->ranks) +
                   " that the roster allows (mixnn roster add --rank-limit)");
  peers_[static_cast<std::size_t>(rank)].machine = entry->host;
}

// Nobody but the owner's host's ranks is taken to be there, whatever it says.
MachineMap OwnerHandshake::machines() const {
  bool all_by_keys = true;
  std::vector<std::string> labels{"here"};
  for (int rank = 1; rank < transport_.size(); ++rank) {
    const std::string& machine = peers_[static_cast<std::size_t>(rank)].machine;
    if (transport_.on_this_host(rank)) {
      labels.push_back(labels.front());
    } else if (!machine.empty()) {
      labels.push_back("machine " + machine);
    } else {
      all_by_keys = false;
      labels.push_back("rank " + std::to_string(transport_.first_on_host_of(rank)));
    }
  }
  return group_by_machine(labels, all_by_keys ? MachineMap::By::kKeys : MachineMap::By::kWord);
}

void OwnerHandshake::check_credential(int rank) const {
  const Peer& peer = peers_[static_cast<std::size_t>(rank)];
  if (peer.hello.authentication != Authentication::kMunge) return;
  const std::vector<std::byte> statement =
      credential_statement(NoiseSide::kInitiator, peer.session->handshake_hash);
  if (const auto why = identity_.credentials->refuse(peer.capabilities->credential, statement))
    throw RunError(name_of(rank) + ": its credential does not hold: " + *why);
}

void OwnerHandshake::check_agreement(int rank, const Capabilities& theirs) const {
  const std::string who = name_of(rank);
  if (theirs.protocol != own_.protocol)
    throw RunError(who + " speaks protocol version " + std::to_string(theirs.protocol) +
                   ", rank 0 version " + std::to_string(own_.protocol) +
                   "; run the same mixnn on all ranks");
  if (theirs.blas_version != own_.blas_version)
    throw RunError(
        who + " has " + theirs.blas_version + ", rank 0 has " + own_.blas_version +
        "; results would differ in their bits: install the same OpenBLAS and oneDNN on all "
        "machines, and set ONEDNN_MAX_CPU_ISA if only the instructions differ");
  if (theirs.blas_core != own_.blas_core)
    throw RunError(
        who + " runs OpenBLAS kernels for " + theirs.blas_core + ", rank 0 for " + own_.blas_core +
        "; results would differ in their bits: set OPENBLAS_CORETYPE to one core type that all "
        "machines can run");
  if (options_.aead == AeadChoice::kAes256Gcm && !theirs.aes256gcm)
    throw RunError(who + " has no AES instructions; use --aead auto or --aead chacha20poly1305");
}

AeadSuite OwnerHandshake::choose_suite() const {
  if (options_.aead == AeadChoice::kChaCha20Poly1305) return AeadSuite::kChaCha20Poly1305;
  bool all = own_.aes256gcm;
  for (std::size_t r = 1; r < peers_.size(); ++r) all = all && peers_[r].capabilities->aes256gcm;
  if (options_.aead == AeadChoice::kAes256Gcm && !all)
    throw RunError("rank 0 has no AES instructions; use --aead auto or --aead chacha20poly1305");
  return all ? AeadSuite::kAes256Gcm : AeadSuite::kChaCha20Poly1305;
}

std::vector<EpochKeys> OwnerHandshake::begin(const RunParameters& parameters) {
  Csprng rng;
  std::vector<EpochKeys> keys;
  keys.emplace_back(rng.key(), Digest{});
  for (int rank = 1; rank < transport_.size(); ++rank) {
    Peer& peer = peers_[static_cast<std::size_t>(rank)];
    NoiseSession& session = *peer.session;
    RunStart start{rng.key(), parameters, {}};
    if (peer.hello.authentication == Authentication::kMunge)
      start.credential = identity_.credentials->vouch(
          credential_statement(NoiseSide::kResponder, session.handshake_hash));
    std::vector<std::byte> text = encode(start);
    send_datagram(transport_, rank, DatagramKind::kSealed, session.send.seal({}, text));
    wipe(text);
    keys.emplace_back(start.root, session.handshake_hash);
    peer.session.reset();
  }
  return keys;
}

}  // namespace mixnn
