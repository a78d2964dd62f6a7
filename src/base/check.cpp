#include "mixnn/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace mixnn {

void check_failed(const char* file, int line, const char* expression, std::string_view why) {
  std::fprintf(stderr, "mixnn: internal error at %s:%d: %.*s (%s)\n", file, line,
               static_cast<int>(why.size()), why.data(), expression);
  std::abort();
}

}  // namespace mixnn
