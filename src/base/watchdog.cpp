#include "mixnn/base/watchdog.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "mixnn/base/process.hpp"
#include "mixnn/base/stall_watch.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBetweenLooks = 20ms;

}  // namespace

Watchdog::Watchdog(Nanoseconds timeout, std::string text, int exit_code,
                   void (*last)(int exit_code))
    : line_("mixnn: " + std::move(text) + "\n"), exit_code_(exit_code), last_(last) {
  const NoSignals no_signals;  // the thread inherits it
  try {
    thread_ = std::thread([this, timeout] { watch(timeout); });
  } catch (const std::system_error&) {
  }
}

Watchdog::~Watchdog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  gone_.notify_one();
  thread_.join();
}

void Watchdog::watch(Nanoseconds timeout) {
  StallWatch waiting(timeout);
  std::unique_lock lock(mutex_);
  while (!gone_.wait_for(lock, kBetweenLooks, [this] { return over_; })) {
    if (!waiting.stalled()) continue;
    [[maybe_unused]] const ssize_t wrote = ::write(STDERR_FILENO, line_.data(), line_.size());
    if (last_ != nullptr) last_(exit_code_);
    std::_Exit(exit_code_);
  }
}

}  // namespace mixnn
