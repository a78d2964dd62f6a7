#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mixnn {

// printf to a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

// "1 step", "2 steps".
std::string counted(std::uint64_t count, const std::string& noun, const char* plural = "s");

// The same as one line that is safe to print, whatever it came from: UTF-8, with U+FFFD in place of
// bytes that are none and of all that moves a cursor or turns the direction of what follows (line
// feeds, tabs and escapes, too).
std::string printable(std::string_view text);

}  // namespace mixnn
