#include "mixnn/app/error_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mixnn {

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

void print_error(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::fflush(stdout);
  write_whole(STDERR_FILENO, "mixnn: " + text + "\n");
}

}  // namespace mixnn
