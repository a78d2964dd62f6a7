#pragma once
#include <string>
#include <string_view>

namespace mixnn {

// In one write, so that no other process's output comes between; false if it cannot be written.
bool write_whole(int fd, std::string_view text);

// "mixnn: TEXT" as one line on standard error.
void print_error(std::string text);

}  // namespace mixnn
