#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/crew.hpp"
#include "mixnn/base/function_ref.hpp"
#include "mixnn/machine/host_group.hpp"
#include "mixnn/machine/seat_desks.hpp"
#include "mixnn/machine/sitter.hpp"

namespace mixnn {

// One seat for each core of a host, for more ranks than cores: a rank runs while it has a seat, and
// one that has nothing to do passes its seat to one that has, on the same core. So ready ranks run
// at once, cores are idle only when all ranks are, and nobody wakes another core through the
// kernel, which costs some ten microseconds in a virtual machine. An idle rank that finds nobody to
// pass its seat to keeps it, and looks for work, its own or another's, for a short while; then the
// seat is free, and whoever sends to a parked rank gives it to that one.
//
// A thread is bound to the core of its seat. To bind a sleeping thread to another core, and to wake
// it up there, costs about as much as all the rest of a pass, and where any rank may be the next,
// every second pass would: so a rank whose loop is run() has a thread for each seat, and continues
// on that of the seat it is given.
//
// A core that no rank needs goes to a helper of a rank that computes (crew.hpp), in the same way;
// between two parts of its work the helper passes its seat to any rank that has something to do.
//
// No rank's progress depends on seats: one that has waited too long runs without.
class Seats {
 public:
  static constexpr std::size_t kMostSeats = SeatDesks::kMostSeats;

  // A seat on each of these cores, on all of which every rank of the host may run: one at least.
  // `has_mail(number)`: whether there is work for the host's rank of this number. At most so many
  // helpers a rank. Collective.
  Seats(HostGroup& host, std::vector<int> cores, std::size_t most_helpers,
        std::function<bool(int)> has_mail);
  Seats(const Seats&) = delete;
  Seats& operator=(const Seats&) = delete;

  // For a crew of this rank, which must be gone before this object; once.
  HelperPlaces helper_places();

  // After something was put in that rank's mail.
  void sent_to(int number) { rank_.sent_to(number); }
  // Until there is mail for this rank, or the time is over. With `rest` it gives its seat away at
  // once.
  void wait(Nanoseconds at_most, bool rest) { rank_.wait(at_most, rest); }
  // Whether somebody has something to do and no seat, or this rank itself has none.
  bool core_wanted() const { return rank_.core_wanted(); }
  // Calls round() until it is false, on the thread of whatever seat the rank has; round() may
  // wait(). What it throws is thrown here.
  void run(FunctionRef<bool()> round);
  // For good: this rank runs where it ran before.
  void leave() noexcept { rank_.leave(); }

 private:
  SeatDesks desks_;
  Sitter rank_;
};

}  // namespace mixnn
