#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/base/clock.hpp"

namespace mixnn {

double lower_median(
    std::vector<double> values);  // of at least one; of an even number the lower middle one

// Runs `once`, which gives the seconds of its parts, again and again: at least `least` times, at
// most 15 times, and no longer than 0.03 s if it can. The first run does not count. Gives the
// medians by part.
template <class Once>
std::vector<double> repeated_timing(const Once& once, std::size_t least = 3,
                                    const Clock& clock = SteadyClock()) {
  constexpr std::size_t kMostTries = 15;
  constexpr double kPatience = 0.03;  // seconds
  std::vector<std::vector<double>> parts(once().size());
  const Nanoseconds begin = clock.now();
  const auto patient = [&] { return seconds(clock.now() - begin) < kPatience; };
  for (std::size_t n = 0; n < least || (n < kMostTries && patient()); ++n) {
    const std::vector<double> once_s = once();
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].push_back(once_s[i]);
  }
  std::vector<double> medians;
  for (const std::vector<double>& part : parts) medians.push_back(lower_median(part));
  return medians;
}

template <class Work>
double seconds_of(const Work& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

// The same for work of one part.
template <class Work>
double repeated_seconds(const Work& work) {
  return repeated_timing([&] { return std::vector<double>{seconds_of(work)}; })[0];
}

}  // namespace mixnn
