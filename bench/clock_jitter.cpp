// How late a thread wakes that sleeps until a given moment, on this machine as it is: a number of
// microseconds a line, one for each period.
//   usage: clock_jitter [PERIODS [MICROSECONDS]]
#include <time.h>

#include <cstdio>
#include <cstdlib>

#include "mixnn/base/clock.hpp"

int main(int count, char** argument) {
  const long periods = count > 1 ? std::atol(argument[1]) : 10'000;
  const long period_us = count > 2 ? std::atol(argument[2]) : 1000;
  if (periods <= 0 || period_us <= 0) {
    std::fputs("usage: clock_jitter [PERIODS [MICROSECONDS]]\n", stderr);
    return 2;
  }
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  for (long i = 0; i < periods; ++i) {
    at.tv_nsec += period_us % 1'000'000 * 1000;
    at.tv_sec += period_us / 1'000'000 + at.tv_nsec / 1'000'000'000;
    at.tv_nsec %= 1'000'000'000;
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
    }
    const mixnn::Nanoseconds due =
        std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
    const mixnn::Nanoseconds late = mixnn::SteadyClock().now() - due;
    std::printf("%.1f\n", mixnn::seconds(late) * 1e6);
  }
}
