#pragma once
#include <mpi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/transport/mpi_host_memory.hpp"

namespace mixnn {

// One seat for each core of a host, for more ranks than cores: a rank runs while it has a seat, and one that
// has nothing to do passes its seat to one that has, on the same core. So ready ranks run at once, cores are
// idle only when all ranks are, and nobody wakes another core through the kernel, which costs some ten
// microseconds in a virtual machine. An idle rank that finds nobody to pass its seat to keeps it, and looks
// for work, its own or another's, for a short while; then the seat is free, and whoever sends to a parked
// rank gives it to that one.
//
// No rank's progress depends on seats: one that has waited too long runs without.
class MpiSeats {
 public:
  // `has_mail(number)`: whether there is work for the host's rank of this number. Collective.
  MpiSeats(MPI_Comm host, std::function<bool(int)> has_mail);
  MpiSeats(const MpiSeats&) = delete;
  MpiSeats& operator=(const MpiSeats&) = delete;

  // Whether all ranks may run on all cores of the host, and there are not too many. The same on all ranks.
  bool usable() const { return !cores_.empty(); }

  // After something was put in that rank's mail.
  void sent_to(int number);
  // Until there is mail for this rank, or the time is over. With `rest` it gives its seat away at once.
  void wait(Nanoseconds at_most, bool rest);
  // For good: this rank runs where it ran before.
  void leave() noexcept;

  void free() noexcept { desks_.free(); }  // collective

 private:
  struct Desk {
    alignas(MpiHostMemory::kAlignment) std::atomic<std::uint32_t> parked;
    std::atomic<std::uint32_t> calls;  // a futex: how often the rank was given a seat
    std::atomic<int> seat, core;       // the seat of the last call; 1 + the seat whose core it is bound to
    std::atomic<int> pid;
    alignas(
        MpiHostMemory::kAlignment) std::atomic<std::uint64_t> free_seats;  // bits; of the first desk alone
  };
  static constexpr int kNone = -1;

  int take_free_seat();
  void give_back(int seat);
  bool claim(int number);
  void call(int number, int seat);
  void bind(int number, int seat);
  void park_without(std::uint32_t calls, Nanoseconds at_most);
  bool pass_to(int number, Nanoseconds at_most);
  bool unpark(std::uint32_t calls);
  int find_ready() const;

  std::function<bool(int)> has_mail_;
  int mine_, ranks_;
  MpiHostArray<Desk> desks_;
  std::vector<int> cores_;  // by seat
  int seat_ = kNone;
  int last_sent_ = 0;
};

}  // namespace mixnn
