#pragma once
#include <poll.h>

#include <vector>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// The network connections of this process, whoever in it has made them. MPI tells nobody how to
// wait for its messages without asking it all the time; but what comes from another host comes on
// one of these.
class JobSockets {
 public:
  // Sleeps until there is something to read on one of them, or on the file `also`, or the time is
  // over: then false. May end early. A connection that is new is known after some sleeps, or 20 ms.
  bool sleep(int also, Nanoseconds at_most);

 private:
  void look();

  std::vector<pollfd> watched_;  // the first is `also`
  Nanoseconds looked_{0};
  bool in_vain_ = false;  // the last sleep ended by its time
};

}  // namespace mixnn
