#pragma once
#include <cstddef>
#include <optional>

#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// How a rank waits for cells.
enum class Waiting {
  kPoll,      // asks the medium again and again, and gives the core away in between
  kDoorbell,  // sleeps until another rank of the host wakes it
};

// What the environment says of how the ranks of a host talk.
struct HostSettings {
  // MIXNN_WAIT=doorbell or MIXNN_WAIT=poll; otherwise the ranks and cores decide.
  std::optional<Waiting> waiting;
  // Whether cells are to be handed over in shared memory if that is possible: MIXNN_CELLS=shared or
  // MIXNN_CELLS=copied.
  bool share_cells = true;
  // How many helpers a rank's computing may have (crew.hpp): MIXNN_HELPERS.
  std::size_t most_helpers = 3;
};

// Throws UsageError if the environment says something else than these take.
void check_host_environment();

// Those of the host's first rank, for all of its ranks; what is wrong counts as not set.
// Collective.
HostSettings settings_of_first(HostGroup& host);

}  // namespace mixnn
