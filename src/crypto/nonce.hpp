#pragma once
#include <array>
#include <cstdint>
#include <cstring>

namespace mixnn {

// The 96-bit nonce of bulk AEADs. A key that is used once has always the same.
using Nonce12 = std::array<std::uint8_t, 12>;
inline constexpr Nonce12 kNonce{};

// Of a key that is used more often: the number of the text.
inline Nonce12 nonce_of(std::uint64_t number) {
  Nonce12 nonce{};
  std::memcpy(nonce.data(), &number, sizeof number);
  return nonce;
}

}  // namespace mixnn
