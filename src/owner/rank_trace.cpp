#include "mixnn/owner/rank_trace.hpp"

#include "mixnn/base/error.hpp"

namespace mixnn {

void check_trace_is_private(const Transport& transport, const std::string& option) {
  for (int rank = 0; rank < transport.size(); ++rank)
    if (!transport.on_this_host(rank))
      throw UsageError(
          option + " writes down which rank hosts which stage, and rank " + std::to_string(rank) +
          " runs on another host, which would see it in a folder that the hosts share; write it "
          "to a disk of this host alone and give --insecure-trace, or run all ranks here");
}

}  // namespace mixnn
