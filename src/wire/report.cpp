#include "mixnn/wire/report.hpp"

#include <numeric>

namespace mixnn {

std::uint64_t CellCounters::all_rejected() const {
  return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
}

}  // namespace mixnn
