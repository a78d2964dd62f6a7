#include "mixnn/base/background.hpp"

#include <sched.h>

#include <exception>
#include <thread>

namespace mixnn {

void stay_in_background() {
  const sched_param parameters{};
  ::sched_setscheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, &parameters);
}

bool in_background() { return (::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_IDLE; }

void run_in_background(const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    try {
      stay_in_background();
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

}  // namespace mixnn
