#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mixnn {

// The handshake patterns of the Noise protocol framework, revision 34 (§7): what the two sides know
// of each other beforehand, and what each message adds.

enum class NoiseToken : std::uint8_t {
  kNone,  // the end of a message
  kE,     // the sender's ephemeral key
  kS,     // its static key, sealed as soon as there is a key to seal with
  kEE,    // Diffie-Hellman of the initiator's key (first letter) and the responder's
  kES,
  kSE,
  kSS,
  kPsk,  // the pre-shared key (§9)
};

using NoiseMessagePattern = std::array<NoiseToken, 4>;

struct NoisePattern {
  std::string_view name;  // "IKpsk2"
  bool knows_initiator;   // the responder has the initiator's static key beforehand ("-> s")
  bool knows_responder;   // the other way round ("<- s")
  bool has_psk;
  std::array<NoiseMessagePattern, 3> table;  // the initiator's first, then in turn
  std::size_t messages;
};

const NoisePattern& noise_pattern(std::string_view name);  // there is one

}  // namespace mixnn
