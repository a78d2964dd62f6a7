#pragma once
#include <cstdint>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// The CRC of RFC 3720 (Castagnoli's polynomial), and what TFRecord files hold in its place: rotated
// and moved, as the CRC of bytes that hold a CRC says little.
std::uint32_t crc32c(ConstBytes bytes);
std::uint32_t masked_crc32c(ConstBytes bytes);

}  // namespace mixnn
