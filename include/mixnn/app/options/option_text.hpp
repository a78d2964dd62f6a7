#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mixnn {

// The text of one option as it was given, and the name by which to speak of it: the flag or the
// environment variable.
struct OptionText {
  std::string name;
  std::string text;
};

// Each reads the whole text, whatever the locale, and throws UsageError `NAME must be ..., got
// '...'` if it is not that.
std::uint64_t whole_number(const OptionText& option, std::uint64_t least, std::uint64_t most);
// least <= value < bound; or, with open_least, least < value < bound.
double real_number(const OptionText& option, double least, double bound, bool open_least = false);
std::string nonempty(const OptionText& option);
bool truth(const OptionText& option);  // "true" or "false"
[[noreturn]] void reject(const OptionText& option, std::string_view takes);

// The shortest text that reads back as this number; without an exponent if it is of usual size.
std::string shown(double value);
std::string shown(float value);

}  // namespace mixnn
