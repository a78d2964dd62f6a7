#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/transport/job_hosts.hpp"

namespace mixnn {

// How rank 0 learns which cores the hosts of MPI_COMM_WORLD have, and how fast its links to these
// are, by questions to their ranks (docs/protocol.md, "Joining"). Ping-pongs of 4 and of 32 KiB for
// latency and what bytes add to it, and cells of 128 KiB one behind the other for the rate, with
// one rank of each host, one host after the other. The fastest of some tries counts: what other
// work takes is not the link's.
class MpiLinkProbe {
 public:
  // `first_on_host`, by rank: the lowest rank of its host; `cores`: those that this host's ranks
  // can use. Rank 0 waits no longer for an answer than the timeout.
  MpiLinkProbe(std::vector<int> first_on_host, std::size_t cores, Nanoseconds timeout)
      : first_on_host_(std::move(first_on_host)), cores_(cores), timeout_(timeout) {}

  JobHosts measure() const;  // at rank 0; throws RunError where a rank does not answer
  void answer() const;       // at the others, until rank 0 has asked enough

 private:
  void ask(int rank, std::size_t bytes, std::size_t messages) const;
  std::size_t take_answer(int rank) const;  // the cores of its host
  double seconds_of(int rank, std::size_t bytes, std::size_t messages) const;
  double ping_pong(int rank, std::size_t bytes) const;
  double rate_to(int rank) const;

  std::vector<int> first_on_host_;
  std::size_t cores_;
  Nanoseconds timeout_;
};

}  // namespace mixnn
