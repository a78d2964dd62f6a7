#pragma once
#include <sched.h>

#include <functional>
#include <memory>
#include <optional>

#include "mixnn/machine/host_settings.hpp"
#include "mixnn/machine/host_turns.hpp"
#include "mixnn/machine/shared_cells.hpp"

namespace mixnn {

// What decides how the ranks of one host wait for each other.
struct HostFacts {
  std::optional<Waiting> asked;  // by MIXNN_WAIT
  int ranks = 1, cores = 1;      // of the host: those that one or more of the ranks may run on
  bool cells_shared = false;     // cells are handed over in memory that all of them can map
  bool all_here = true;          // every rank of the job runs on this host
  bool same_cores = false;       // all may run on the same cores, and there is a seat for each
};
enum class WayToWait { kPolling, kSockets, kDoorbell, kSeats };

//   asked      ranks and cores    cells     all here, on the same cores    they wait by
//   poll       any                any       any                            polling
//   nothing    any                any       no                             sockets
//   nothing    a core for each    any       yes                            polling
//   doorbell   any                copied    any                            doorbell
//   doorbell   any                shared    no                             doorbell
//   doorbell   any                shared    yes                            seats
//   nothing    more ranks, all here: as if the doorbell was asked for
// The same on all ranks of a host; hosts may differ.
WayToWait choose_way(const HostFacts& facts);

// How the ranks of one host talk to each other.
struct HostWays {
  cpu_set_t cores{};                   // that the ranks can use, one or the other (HostCores)
  bool core_for_each = false;          // of the host's ranks one that no other uses
  std::unique_ptr<SharedCells> cells;  // none if cells are copied
  std::unique_ptr<HostTurns> turns;    // to be gone before the cells
};

// What the transport knows.
struct JobOnHost {
  std::optional<Waiting> waiting;  // instead of the environment
  bool all_here = true;            // every rank of the job runs on this host
  bool any_thread = false;         // a rank's loop may go on on another thread
  std::function<UnderWay()> under_way;
};
HostWays make_ways(HostGroup& host, JobOnHost job);  // collective

}  // namespace mixnn
