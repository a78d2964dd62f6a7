#pragma once
#include <cstdint>
#include <string>

namespace mixnn {

// printf to a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

// "1 step", "2 steps".
std::string counted(std::uint64_t count, const std::string& noun, const char* plural = "s");

}  // namespace mixnn
