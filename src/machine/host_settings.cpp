#include "mixnn/machine/host_settings.hpp"

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

// An environment variable with two values.
struct Choice {
  const char* variable;
  const char* one;
  const char* two;
};
constexpr Choice kWait{"MIXNN_WAIT", "doorbell", "poll"}, kCells{"MIXNN_CELLS", "shared", "copied"};

// 0 not set, 1 or 2 the one or the other, 3 something else.
int read(const Choice& choice) {
  const char* const value = std::getenv(choice.variable);
  if (value == nullptr || *value == '\0') return 0;
  return value == std::string_view(choice.one) ? 1 : value == std::string_view(choice.two) ? 2 : 3;
}

constexpr const char* kHelpers = "MIXNN_HELPERS";
constexpr int kMostHelpers = 63;

// Their number; -1 not set, -2 something else.
int read_helpers() {
  const char* const value = std::getenv(kHelpers);
  if (value == nullptr || *value == '\0') return -1;
  const std::string_view text(value);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0 &&
                    number <= kMostHelpers;
  return good ? number : -2;
}

}  // namespace

void check_host_environment() {
  for (const Choice& choice : {kWait, kCells})
    if (read(choice) == 3)
      throw UsageError(std::string(choice.variable) + " must be '" + choice.one + "' or '" +
                       choice.two + "', got '" + std::getenv(choice.variable) + "'");
  if (read_helpers() == -2)
    throw UsageError(std::string(kHelpers) + " must be a number from 0 to " +
                     std::to_string(kMostHelpers) + ", got '" + std::getenv(kHelpers) + "'");
}

// One number after the other, in this order: other implementations of the protocol join them.
HostSettings settings_of_first(HostGroup& host) {
  const auto told = [&host](int mine) {
    host.broadcast(std::as_writable_bytes(std::span(&mine, 1)), "choosing how to talk on a host");
    return mine;
  };
  const int helpers = told(read_helpers()), wait = told(read(kWait)), cells = told(read(kCells));
  HostSettings settings;
  if (wait == 1) settings.waiting = Waiting::kDoorbell;
  if (wait == 2) settings.waiting = Waiting::kPoll;
  settings.share_cells = cells != 2;
  if (helpers >= 0) settings.most_helpers = static_cast<std::size_t>(helpers);
  return settings;
}

}  // namespace mixnn
