#include "mixnn/app/json.hpp"

#include <array>
#include <charconv>

namespace mixnn {

double decimal(float value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double result = 0;
  std::from_chars(digits.data(), end, result);
  return result;
}

}  // namespace mixnn
