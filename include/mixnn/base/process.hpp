#pragma once
#include <signal.h>

#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

Nanoseconds process_cpu_time();       // of all threads, user and system
std::uint64_t peak_resident_bytes();  // shared memory that this process has touched counts, too

// No core dump of this process holds anything of its memory but code, nor do those of debuggers
// that ask the system what to dump (gcore). Its children inherit it. For the start of a program.
void keep_out_of_core_dumps();

// While it lives this thread, and each that it starts, takes no signals: they go to the thread that
// looks for them.
class NoSignals {
 public:
  NoSignals();
  ~NoSignals();
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace mixnn
