#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// What all that take turns on the seats of a host (seats.hpp) show each other: a desk for each rank
// and each helper, in shared memory, and which seats are free. Any of them may write anything
// there: what is read is a copy, and no number of a seat is used that there is not.
class SeatDesks {
 public:
  static constexpr int kNone = -1;
  static constexpr int kMostSeats = 64;
  // With more seats than this a rank has one thread all the same.
  static constexpr std::size_t kMostThreads = 16;

  // Of a rank, or a helper. Ranks have the first numbers, by their number on the host.
  struct Desk {
    alignas(HostGroup::kAlignment) std::atomic<std::uint32_t> parked;
    std::atomic<std::uint32_t> open;      // of a helper: there are parts,
    std::atomic<Nanoseconds::rep> since;  // from this time on
    std::atomic<std::uint32_t> threads;   // 0: one, to be bound; else one for each seat
    std::atomic<int> thread;              // of the one: its id
    std::atomic<int> seat, core;  // the seat of the last call; 1 + the seat whose core it runs on
    // Futexes, by thread: how often it was given a seat.
    std::array<std::atomic<std::uint32_t>, kMostThreads> calls;
    // Of the first desk alone: bits, and how many helpers' desks are open.
    alignas(HostGroup::kAlignment) std::atomic<std::uint64_t> free_seats;
    std::atomic<std::uint32_t> open_desks;
  };

  // `cores`: by seat. `has_mail`: see Seats. Collective.
  SeatDesks(HostGroup& host, std::vector<int> cores, std::size_t most_helpers,
            std::function<bool(int)> has_mail);

  Desk& operator[](int number) const { return desks_[number]; }
  int ranks() const { return ranks_; }
  int helpers() const { return helpers_; }  // of each rank; the seats are shared out among them
  const std::vector<int>& cores() const { return cores_; }

  bool has_mail(int number) const {
    return number < ranks_ ? has_mail_(number) : desks_[number].open.load() != 0;
  }
  std::atomic<std::uint64_t>& free_seats() const { return desks_[0].free_seats; }
  // A free seat for this one, which is not free any more; or kNone.
  int take_free_seat(int number);
  // The seat of its last call; kNone if there is no such seat.
  int seat_given(int number) const;
  // Whether it has a thread for each seat, to be called by the seat's number.
  bool thread_for_each_seat(int number) const;
  // How long a helper's desk has been open.
  Nanoseconds open_for(int number, Nanoseconds now) const;
  // Binds the one thread of this one to the core of the seat.
  void bind(int number, int seat);

 private:
  bool may_take(int number, int seat) const {
    return number < ranks_ || seat % helpers_ == (number - ranks_) % helpers_;
  }

  std::function<bool(int)> has_mail_;
  int ranks_;
  std::vector<int> cores_;
  int helpers_;
  HostArray<Desk> desks_;
};

}  // namespace mixnn
