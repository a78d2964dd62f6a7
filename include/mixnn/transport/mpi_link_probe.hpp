#pragma once
#include <cstddef>

#include "mixnn/base/clock.hpp"
#include "mixnn/transport/job_hosts.hpp"

namespace mixnn {

// How rank 0 learns on which hosts the ranks of MPI_COMM_WORLD are, and how fast its links to these
// are, by questions to the others (docs/protocol.md, "Joining"). A ping-pong of 4 KiB for latency,
// and cells of 128 KiB one behind the other for the rate, with one rank of each host, one host
// after the other. The fastest of some tries counts: what other work takes is not the link's.
class MpiLinkProbe {
 public:
  // `first_rank`: the lowest rank of this host; `cores`: those that its ranks can use. Rank 0 waits
  // no longer for an answer than the timeout.
  MpiLinkProbe(int first_rank, std::size_t cores, Nanoseconds timeout)
      : first_rank_(first_rank), cores_(cores), timeout_(timeout) {}

  JobHosts measure() const;  // at rank 0; throws RunError where a rank does not answer
  void answer() const;       // at the others, until rank 0 has asked enough

 private:
  struct Answer;
  void ask(int rank, std::size_t bytes, std::size_t messages) const;
  Answer take_answer(int rank) const;
  double seconds_of(int rank, std::size_t bytes, std::size_t messages) const;
  double latency_to(int rank) const;
  double rate_to(int rank) const;

  int first_rank_;
  std::size_t cores_;
  Nanoseconds timeout_;
};

}  // namespace mixnn
