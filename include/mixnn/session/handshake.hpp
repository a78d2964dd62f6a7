#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mixnn/crypto/noise.hpp"
#include "mixnn/onion/epoch.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// The handshake between the owner and each other rank, over datagrams (docs/protocol.md,
// "Handshake"):
//   node -> owner   Noise_NN message 1
//   owner -> node   Noise_NN message 2
//   node -> owner   sealed: what this rank runs (version, AES, BLAS)
//   owner -> node   sealed: run parameters and the root of this node's epoch keys
// Peers are not authenticated.

// Another one where messages change, and where a stage would be computed with other bits.
inline constexpr std::uint32_t kProtocolVersion = 6;

// What must agree between ranks for equal bits, and what the AEAD suite is chosen from.
struct Capabilities {
  std::uint32_t protocol = kProtocolVersion;
  bool aes256gcm = false;
  std::string blas_version, blas_core;
};
// What a peer says of itself may end up on the owner's terminal.
void describe(auto& codec, Of<Capabilities> auto& c) {
  constexpr std::size_t kMaxText = 64;
  codec.number(c.protocol);
  codec.flag(c.aes256gcm);
  codec.text(c.blas_version, kMaxText, TextRule::kPlain);
  codec.text(c.blas_core, kMaxText, TextRule::kPlain);
}
Capabilities local_capabilities();

// What the owner answers once all agree: the root of this node's epoch keys, and the parameters.
struct RunStart {
  Key root;
  RunParameters parameters;
};
void describe(auto& codec, Of<RunStart> auto& start) {
  codec.bytes(start.root.bytes());
  codec.nested(start.parameters);
}

// The owner's side: blocks until every rank has answered, settles the suite, and leaves each rank
// with its keys. Throws RunError that names the rank and the remedy where one does not answer in
// time or does not fit.
class OwnerHandshake {
 public:
  OwnerHandshake(Transport& transport, const SessionOptions& options);

  // All ranks have said what they run; returns the suite for this run.
  AeadSuite meet();
  // Sends the parameters; returns the epoch keys by rank (at the owner's own rank: what it shares
  // with itself).
  std::vector<EpochKeys> begin(const RunParameters& parameters);

 private:
  struct Peer {
    std::optional<NoiseSession> session;
    std::optional<Capabilities> capabilities;
  };
  void handle(const Datagram& datagram);
  void check_agreement(int rank, const Capabilities& theirs) const;
  AeadSuite choose_suite() const;

  Transport& transport_;
  SessionOptions options_;
  Capabilities own_;
  std::vector<Peer> peers_;
};

// A node's side, as a state machine that is polled.
class NodeHandshake {
 public:
  explicit NodeHandshake(Transport& transport);

  struct Outcome {
    RunParameters parameters;
    EpochKeys keys;
  };
  // Handles what has come; the outcome once the handshake is complete. Throws RunError where the
  // owner's side makes no sense.
  std::optional<Outcome> poll();

 private:
  Transport& transport_;
  NoiseHandshake noise_;
  std::optional<NoiseSession> session_;
};

}  // namespace mixnn
