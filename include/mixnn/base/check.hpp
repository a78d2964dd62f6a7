#pragma once
#include <string_view>

namespace mixnn {

// Prints the broken invariant with its place and ends the process, in every build type.
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               std::string_view why);

}  // namespace mixnn

// An invariant of the program itself (never of its input): stops the program when it is broken.
#define MIXNN_CHECK(expression, why)                                                \
  do {                                                                              \
    if (!(expression)) ::mixnn::check_failed(__FILE__, __LINE__, #expression, why); \
  } while (false)
