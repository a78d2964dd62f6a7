#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/crypto/noise.hpp"
#include "mixnn/identity/identity.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// The handshake between the owner and each other rank, over datagrams (docs/protocol.md,
// "Handshake"). Each is a byte for its kind, and then:
//   owner -> node   hello: who asks, and how the two are to know each other
//   node -> owner   Noise message 1
//   owner -> node   Noise message 2
//   node -> owner   sealed: what this rank runs (version, AES, BLAS)
//   owner -> node   sealed: run parameters and the root of this node's epoch keys
// or, in place of one of the node's:
//   node -> owner   refusal: why this node does not serve this owner
// The hello is in the clear, but part of the prologue: who alters it ends the handshake. MPI says
// which rank a datagram comes from, so a rank can break its own handshake alone: that is an error
// which names it. A datagram from a rank that has nothing to say is dropped and counted.

// Another one where messages change, and where a stage would be computed with other bits.
inline constexpr std::uint32_t kProtocolVersion = 12;

inline constexpr int kHandshakeOwner = 0;  // the rank

enum class DatagramKind : std::uint8_t { kHello = 1, kNoise = 2, kSealed = 3, kRefusal = 4 };
void send_datagram(Transport& transport, int to, DatagramKind kind, ConstBytes body);
// The body of a datagram of that kind; nothing if it is of another.
std::optional<ConstBytes> datagram_body(const Datagram& datagram, DatagramKind kind);

struct Hello {
  std::uint32_t protocol = kProtocolVersion;
  Authentication authentication{};
  std::array<std::byte, 16> job{};  // random: a handshake of another job is none of this
  PublicKey owner{};                // with keys, else zeros
  Digest roster{};                  // its digest, with keys, else zeros
};
void describe(auto& codec, Of<Hello> auto& hello) {
  codec.number(hello.protocol);
  codec.choice(hello.authentication, Authentication::kNone, Authentication::kKeys);
  codec.bytes(hello.job);
  codec.bytes(hello.owner);
  codec.bytes(hello.roster);
}

// A node's refusal. Nobody vouches for it, and it may end up on the owner's terminal.
struct Refusal {
  static constexpr std::size_t kMaxText = 500;
  std::string why;
};
void describe(auto& codec, Of<Refusal> auto& refusal) {
  codec.text(refusal.why, Refusal::kMaxText, TextRule::kMadePlain);
}

// What must agree between ranks for equal bits, and what the AEAD suite is chosen from.
struct Capabilities {
  std::uint32_t protocol = kProtocolVersion;
  bool aes256gcm = false;
  std::string blas_version, blas_core;  // kernel_versions(), and OpenBLAS's kernels
  std::string credential;               // the node's; empty unless munge is asked for
};
// What a peer says of itself may end up on the owner's terminal.
void describe(auto& codec, Of<Capabilities> auto& c) {
  constexpr std::size_t kMaxText = 64;
  codec.number(c.protocol);
  codec.flag(c.aes256gcm);
  codec.text(c.blas_version, kMaxText, TextRule::kPlain);
  codec.text(c.blas_core, kMaxText, TextRule::kPlain);
  codec.text(c.credential, Credentials::kMaxText, TextRule::kPlain);
}
Capabilities local_capabilities();

// What the owner answers once all agree: the root of this node's epoch keys, and the parameters.
struct RunStart {
  Key root;
  RunParameters parameters;
  std::string credential;  // the owner's; empty unless munge is asked for
};
void describe(auto& codec, Of<RunStart> auto& start) {
  codec.bytes(start.root.bytes());
  codec.nested(start.parameters);
  codec.text(start.credential, Credentials::kMaxText, TextRule::kPlain);
}

// One end of the handshake between the owner and node `rank` of so many.
NoiseHandshake begin_noise(NoiseSide side, const Hello& hello, int rank, int ranks, NoiseKeys keys);

// What a credential says: that its sender is this end of the handshake with this hash.
std::vector<std::byte> credential_statement(NoiseSide sender, const Digest& handshake_hash);

}  // namespace mixnn
