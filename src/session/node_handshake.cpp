#include "mixnn/session/node_handshake.hpp"

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

// The owner ends the job with one message once it knows; one that does not is no owner.
constexpr Nanoseconds kRefusalPatience = std::chrono::seconds(10);

RunError senseless(int rank) {
  return RunError("rank " + std::to_string(rank) +
                  ": the handshake failed; do all ranks run the same mixnn?");
}

}  // namespace

NodeHandshake::NodeHandshake(Transport& transport, NodeIdentity identity)
    : transport_(transport), identity_(std::move(identity)) {}

std::optional<NodeHandshake::Outcome> NodeHandshake::poll() {
  const std::optional<Datagram> datagram = transport_.poll_datagram();
  if (!refused_.empty()) {
    if (clock_.now() - refused_at_ > kRefusalPatience)
      throw RunError("rank " + std::to_string(transport_.rank()) +
                     " serves no such owner: " + refused_);
    return std::nullopt;
  }
  if (!datagram) return std::nullopt;
  if (datagram->from != kHandshakeOwner) {
    transport_.refusals().count(datagram->from);
    return std::nullopt;
  }
  if (session_) return take_start(*datagram);
  if (noise_)
    take_answer(*datagram);
  else
    take_hello(*datagram);
  return std::nullopt;
}

void NodeHandshake::refuse(const std::string& why) {
  refused_ = why;
  refused_at_ = clock_.now();
  send_datagram(transport_, kHandshakeOwner, DatagramKind::kRefusal, encode(Refusal{why}));
}

void NodeHandshake::take_hello(const Datagram& datagram) {
  const std::optional<ConstBytes> body = datagram_body(datagram, DatagramKind::kHello);
  const std::optional<Hello> hello = body ? decode<Hello>(*body) : std::nullopt;
  if (!hello) throw senseless(kHandshakeOwner);
  hello_ = *hello;
  if (const auto why = identity_.refuse(hello_.authentication, hello_.owner,
                                        transport_.on_this_host(kHandshakeOwner)))
    return refuse(*why);
  NoiseKeys keys;
  if (hello_.authentication == Authentication::kKeys) {
    const KnownOwner& owner = *identity_.owners.find(hello_.owner);
    keys.own = identity_.key;
    keys.remote = owner.key;
    keys.psk = owner.psk;
  }
  noise_.emplace(begin_noise(NoiseSide::kInitiator, hello_, transport_.rank(), transport_.size(),
                             std::move(keys)));
  send_datagram(transport_, kHandshakeOwner, DatagramKind::kNoise, noise_->write_message({}));
}

void NodeHandshake::take_answer(const Datagram& datagram) {
  const std::optional<ConstBytes> message = datagram_body(datagram, DatagramKind::kNoise);
  if (!message) throw senseless(kHandshakeOwner);
  if (!noise_->read_message(*message))
    return refuse(
        "its answer does not open: it was altered, or it is of another roster than this machine's "
        "(mixnn roster add for its host mends that)");
  session_.emplace(noise_->finish());
  noise_.reset();
  Capabilities own = local_capabilities();
  if (hello_.authentication == Authentication::kMunge) {
    try {
      own.credential = identity_.credentials->vouch(
          credential_statement(NoiseSide::kInitiator, session_->handshake_hash));
    } catch (const RunError& error) {
      return refuse(error.what());  // the owner says it once, for all ranks of this host
    }
  }
  send_datagram(transport_, kHandshakeOwner, DatagramKind::kSealed,
                session_->send.seal({}, encode(own)));
}

std::optional<NodeHandshake::Outcome> NodeHandshake::take_start(const Datagram& datagram) {
  const std::optional<ConstBytes> sealed = datagram_body(datagram, DatagramKind::kSealed);
  if (!sealed) throw senseless(kHandshakeOwner);
  std::optional<std::vector<std::byte>> text = session_->receive.open({}, *sealed);
  if (!text) throw senseless(kHandshakeOwner);
  const std::optional<RunStart> start = decode<RunStart>(*text);
  wipe(*text);
  if (!start) throw senseless(kHandshakeOwner);
  if (hello_.authentication == Authentication::kMunge) {
    const std::vector<std::byte> statement =
        credential_statement(NoiseSide::kResponder, session_->handshake_hash);
    if (const auto why = identity_.credentials->refuse(start->credential, statement)) {
      refuse("its credential does not hold: " + *why);
      return std::nullopt;
    }
  }
  return Outcome{start->parameters, EpochKeys(start->root, session_->handshake_hash)};
}

}  // namespace mixnn
