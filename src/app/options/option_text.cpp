#include "mixnn/app/options/option_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

template <class T>
bool reads_as(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

template <class T>
std::string shortest(T value) {
  std::ostringstream usual;
  usual << value;
  T back = 0;
  if (reads_as(usual.str(), back) && back == value) return usual.str();
  std::array<char, 40> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

}  // namespace

void reject(const OptionText& option, std::string_view takes) {
  throw UsageError(option.name + " must be " + std::string(takes) + ", got '" + option.text + "'");
}

std::uint64_t whole_number(const OptionText& option, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  // Reports have numbers above 2^53 in quotes, and tools print them so.
  const std::string& text = option.text;
  const bool quoted = text.size() > 2 && text.starts_with('"') && text.ends_with('"');
  if (reads_as(quoted ? text.substr(1, text.size() - 2) : text, value) && value >= least &&
      value <= most)
    return value;
  if (most == std::numeric_limits<std::uint64_t>::max())
    reject(option, "a whole number below 2^64");
  reject(option, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

double real_number(const OptionText& option, double least, double bound, bool open_least) {
  double value = 0;
  const bool reads = reads_as(option.text, value) && std::isfinite(value);
  if (reads && (open_least ? value > least : value >= least) && value < bound) return value;
  reject(
      option,
      std::string("a number ") + (open_least ? "above " : "from ") + shown(least) +
          (std::isfinite(bound) ? (open_least ? " and below " : " to below ") + shown(bound) : ""));
}

bool truth(const OptionText& option) {
  if (option.text != "true" && option.text != "false") reject(option, "true or false");
  return option.text == "true";
}

std::string shown(double value) { return shortest(value); }
std::string shown(float value) { return shortest(value); }

std::string nonempty(const OptionText& option) {
  if (option.text.empty()) throw UsageError(option.name + " must not be empty");
  return option.text;
}

}  // namespace mixnn
