#pragma once
#include <string>

namespace mixnn {

// printf to a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

}  // namespace mixnn
