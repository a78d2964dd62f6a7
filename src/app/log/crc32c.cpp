#include "mixnn/app/log/crc32c.hpp"

#include <array>
#include <bit>

namespace mixnn {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // its bits reversed
constexpr std::uint32_t kMaskDelta = 0xA282EAD8;

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : std::uint32_t{0});
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(ConstBytes bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
  return ~crc;
}

std::uint32_t masked_crc32c(ConstBytes bytes) { return std::rotr(crc32c(bytes), 15) + kMaskDelta; }

}  // namespace mixnn
