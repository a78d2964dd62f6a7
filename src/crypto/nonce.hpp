#pragma once
#include <array>
#include <cstdint>
#include <cstring>

namespace mixnn {

// A cell's index in its message as the 96-bit nonce of bulk AEADs: a little-endian number.
using Nonce12 = std::array<std::uint8_t, 12>;

inline Nonce12 nonce_of(std::uint32_t index) {
  Nonce12 nonce{};
  std::memcpy(nonce.data(), &index, sizeof index);
  return nonce;
}

}  // namespace mixnn
