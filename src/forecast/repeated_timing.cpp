#include "mixnn/forecast/repeated_timing.hpp"

#include <algorithm>

namespace mixnn {

double lower_median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

}  // namespace mixnn
