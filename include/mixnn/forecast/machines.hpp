#pragma once
#include <cstddef>
#include <vector>

namespace mixnn {

// What the ranks stand on: hosts with as many cores each, and links between them.
struct Machines {
  std::size_t hosts = 1;
  std::size_t cores = 1;             // of each host
  double bytes_per_second = 1.25e9;  // of each host's link to the others
  double latency = 20e-6;            // seconds
  // Seconds that each byte of a message takes if nothing else is under way, if these are more than
  // bytes_per_second says: a short message does not fill the link.
  double lone_byte = 0;
  std::size_t helpers = 3;  // of a rank, at most (crew.hpp)
  // By rank, the host that it is on; empty: in blocks, as many on each.
  std::vector<std::size_t> host_of_rank{};

  // Of so many ranks, those on each host, ascending.
  std::vector<std::vector<std::size_t>> ranks_by_host(std::size_t ranks) const;
  // Whether a host has more of the ranks than cores.
  bool share_cores(std::size_t ranks) const;
  // Ranks have them where all share a host, or where each has cores of its own.
  std::size_t helpers_of(std::size_t ranks_of_host) const {
    return hosts == 1 || ranks_of_host < cores ? helpers : 0;
  }
};

}  // namespace mixnn
