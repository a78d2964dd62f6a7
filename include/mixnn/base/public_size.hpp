#pragma once
#include <bit>
#include <cstddef>

namespace mixnn {

// A size as others may know it: rounded up to a power of two, or to 1.5 times one.
constexpr std::size_t public_size(std::size_t size) {
  const std::size_t power = std::bit_ceil(size);  // the next half lies between its half and it
  return power >= 4 && size <= power / 4 * 3 ? power / 4 * 3 : power;
}

}  // namespace mixnn
