#include "mixnn/session/handshake.hpp"

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kPrologue = "MixNN handshake 1";
constexpr int kOwnerRank = 0;

RunError broken_handshake(int rank) {
  return RunError("rank " + std::to_string(rank) +
                  ": the handshake failed; do all ranks run the same mixnn?");
}

}  // namespace

Capabilities local_capabilities() {
  Capabilities c;
  c.aes256gcm = aes256gcm_available();
  c.blas_version = blas_version();
  c.blas_core = blas_core();
  return c;
}

OwnerHandshake::OwnerHandshake(Transport& transport, const SessionOptions& options)
    : transport_(transport), options_(options), own_(local_capabilities()) {
  peers_.resize(static_cast<std::size_t>(transport.size()));
}

AeadSuite OwnerHandshake::meet() {
  const SteadyClock clock;
  StallWatch watch(options_.timeout, clock);
  std::size_t missing = peers_.size() - 1;
  while (missing > 0) {
    if (const std::optional<Datagram> datagram = transport_.poll_datagram()) {
      handle(*datagram);
      missing = 0;
      for (std::size_t r = 1; r < peers_.size(); ++r) missing += !peers_[r].capabilities;
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
  Peer& peer = peers_[static_cast<std::size_t>(datagram.from)];
  if (!peer.session) {
    NoiseHandshake noise(noise_pattern("NN"), NoiseSide::kResponder, bytes_of(kPrologue));
    if (!noise.read_message(datagram.bytes)) throw broken_handshake(datagram.from);
    transport_.send_datagram(datagram.from, noise.write_message({}));
    peer.session.emplace(noise.finish());
    return;
  }
  const std::optional<std::vector<std::byte>> text = peer.session->receive.open({}, datagram.bytes);
  if (!text || peer.capabilities) throw broken_handshake(datagram.from);
  peer.capabilities = decode<Capabilities>(*text);
  if (!peer.capabilities) throw broken_handshake(datagram.from);
  check_agreement(datagram.from, *peer.capabilities);
}

void OwnerHandshake::check_agreement(int rank, const Capabilities& theirs) const {
  const std::string who = "rank " + std::to_string(rank);
  if (theirs.protocol != own_.protocol)
    throw RunError(who + " speaks protocol version " + std::to_string(theirs.protocol) +
                   ", rank 0 version " + std::to_string(own_.protocol) +
                   "; run the same mixnn on all ranks");
  if (theirs.blas_version != own_.blas_version)
    throw RunError(
        who + " has " + theirs.blas_version + ", rank 0 has " + own_.blas_version +
        "; results would differ in their bits: install the same OpenBLAS on all machines");
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
  for (std::size_t rank = 1; rank < peers_.size(); ++rank) {
    NoiseSession& session = *peers_[rank].session;
    const Key root = rng.key();
    std::vector<std::byte> text = encode(RunStart{root, parameters});
    transport_.send_datagram(static_cast<int>(rank), session.send.seal({}, text));
    wipe(text);
    keys.emplace_back(root, session.handshake_hash);
    peers_[rank].session.reset();
  }
  return keys;
}

NodeHandshake::NodeHandshake(Transport& transport)
    : transport_(transport),
      noise_(noise_pattern("NN"), NoiseSide::kInitiator, bytes_of(kPrologue)) {
  transport_.send_datagram(kOwnerRank, noise_.write_message({}));
}

std::optional<NodeHandshake::Outcome> NodeHandshake::poll() {
  const std::optional<Datagram> datagram = transport_.poll_datagram();
  if (!datagram) return std::nullopt;
  if (datagram->from != kOwnerRank) throw broken_handshake(datagram->from);
  if (!session_) {
    if (!noise_.read_message(datagram->bytes)) throw broken_handshake(kOwnerRank);
    session_.emplace(noise_.finish());
    transport_.send_datagram(kOwnerRank, session_->send.seal({}, encode(local_capabilities())));
    return std::nullopt;
  }
  std::optional<std::vector<std::byte>> text = session_->receive.open({}, datagram->bytes);
  if (!text) throw broken_handshake(kOwnerRank);
  const std::optional<RunStart> start = decode<RunStart>(*text);
  wipe(*text);
  if (!start) throw broken_handshake(kOwnerRank);
  return Outcome{start->parameters, EpochKeys(start->root, session_->handshake_hash)};
}

}  // namespace mixnn
