#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// Guards calls that may wait for other processes without an end, and cannot be told to give up: if
// the object has not gone after the timeout (in time in which this process ran: StallWatch), a
// thread of its own writes "mixnn: TEXT" to standard error, calls `last`, if it is given, and ends
// the process, without running anything else, with the exit code. Where the system gives no thread,
// nothing is guarded.
class Watchdog {
 public:
  Watchdog(Nanoseconds timeout, std::string text, int exit_code, void (*last)(int exit_code) = {});
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void watch(Nanoseconds timeout);

  std::string line_;
  int exit_code_;
  void (*last_)(int exit_code);
  std::mutex mutex_;
  std::condition_variable gone_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace mixnn
