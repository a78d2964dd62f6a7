#pragma once
#include <cstddef>
#include <vector>

namespace mixnn {

// The hosts of a job and the links between them, as rank 0 has measured them. What other hosts say
// of themselves is not to be trusted: it is for forecasts and bounds, and decides nothing.
struct JobHosts {
  std::vector<std::size_t> host_of_rank;  // numbered by their first ranks; rank 0's is 0
  std::vector<std::size_t> cores;         // by host: those that its ranks can use
  // Of rank 0's link to the slowest of the others; 0 where all ranks share a host.
  double latency_s = 0;         // one way, from process to process, of a message of few bytes
  double bytes_per_second = 0;  // of cells that follow each other
  double lone_byte_s = 0;       // seconds of each byte in a message that travels alone

  std::size_t count() const { return cores.size(); }
};

}  // namespace mixnn
