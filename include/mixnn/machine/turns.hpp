#pragma once
#include <cstddef>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/crew.hpp"
#include "mixnn/base/function_ref.hpp"

namespace mixnn {

// What a round of a rank's loop says of itself: something was done; there was nothing to do, so the
// rank waits a little, or rests (see idle()); the loop has ended.
enum class Turn { kBusy, kIdle, kRest, kOver };

// How a rank takes turns on a core with the other ranks of its host: how it waits, and where it
// runs.
class Turns {
 public:
  virtual ~Turns() = default;

  // Waits a little for something to happen: called by a loop that found nothing to do. `rest` asks
  // for the cheapest wait, at the price of latency (tens of milliseconds), for a rank that is told
  // to keep out of the way.
  virtual void idle(bool rest) = 0;
  // Something was found to do: the next idle() starts with its shortest wait again.
  virtual void busy() = 0;
  // Until it says otherwise this rank has nothing to do before so many cells have come (1 at
  // least). A hint: a turn may come earlier, and comes some time in any case.
  virtual void wait_for(std::size_t cells) { static_cast<void>(cells); }
  // Whether another rank has something to do and waits for this core: what can wait should.
  virtual bool core_wanted() const { return false; }

  // A rank's loop: calls turn() until it says that it is over, with busy() or idle() in between. An
  // implementation may call it on other threads than the caller's, never on two at once: what it
  // does must not be bound to a thread. What turn() throws ends the loop, too, and is thrown here.
  virtual void run(FunctionRef<Turn()> turn) {
    while (round(turn)) {
    }
  }

  // From here on this rank keeps to a clock: it no longer passes cores on. The thread that keeps it
  // may be another than the one that calls this, or be started by it; it sleeps in nap(), for so
  // long, or until something comes if that can be known. Helper places that are asked for later are
  // for another thread than that one.
  virtual void keep_time() {}
  virtual void nap(Nanoseconds) { idle(false); }

  // Where helpers of this rank's computing can run: on cores that it has for itself, or that other
  // ranks do not need. Once; their crew must be gone before this object.
  virtual HelperPlaces helper_places() { return {}; }

 protected:
  // One round of run(); false after the last.
  bool round(FunctionRef<Turn()> turn) {
    const Turn said = turn();
    if (said == Turn::kBusy)
      busy();
    else if (said != Turn::kOver)
      idle(said == Turn::kRest);
    return said != Turn::kOver;
  }
};

}  // namespace mixnn
