#pragma once
#include <mpi.h>

#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// One doorbell for each rank of a host, in a page that they share. It counts its rings, wrapping around at
// 2^32: whoever remembers how many it has answered cannot miss one, however rings and sleep overlap.
class MpiDoorbell {
 public:
  explicit MpiDoorbell(MPI_Comm host);  // collective over the ranks of one host
  MpiDoorbell(const MpiDoorbell&) = delete;
  MpiDoorbell& operator=(const MpiDoorbell&) = delete;

  // Wakes the host's rank of this number, if it sleeps.
  void ring(int number);
  // How often this rank's bell has been rung.
  std::uint32_t rings() const;
  // Sleeps until rings() is not `seen` any more, or the time is over.
  void sleep(std::uint32_t seen, Nanoseconds at_most);

  void free() noexcept;  // collective

 private:
  struct Bell;
  MPI_Win window_ = MPI_WIN_NULL;
  Bell* bells_ = nullptr;
  int mine_ = 0;
};

}  // namespace mixnn
