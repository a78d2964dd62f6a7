#pragma once
#include <atomic>
#include <cstdint>

#include "mixnn/base/clock.hpp"
#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// One doorbell for each rank of a host, in a page that they share. It counts its rings, wrapping
// around at 2^32: whoever remembers how many it has answered cannot miss one, however rings and
// sleep overlap.
class Doorbell {
 public:
  explicit Doorbell(HostGroup& host);  // collective over the ranks of one host

  // Wakes the host's rank of this number, if it sleeps.
  void ring(int number);
  // How often this rank's bell has been rung.
  std::uint32_t rings() const;
  // Sleeps until rings() is not `seen` any more, or the time is over.
  void sleep(std::uint32_t seen, Nanoseconds at_most);

 private:
  struct alignas(HostGroup::kAlignment) Bell {
    std::atomic<std::uint32_t> rings, sleeping;
  };
  int mine_;
  HostArray<Bell> bells_;
};

}  // namespace mixnn
