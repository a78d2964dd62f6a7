#pragma once
#include <array>
#include <cstdint>

namespace mixnn {

// The 96-bit nonce of bulk AEADs: a key is used once, so it is always the same.
using Nonce12 = std::array<std::uint8_t, 12>;
inline constexpr Nonce12 kNonce{};

}  // namespace mixnn
