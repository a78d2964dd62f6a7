#pragma once
#include <mpi.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/crew.hpp"
#include "mixnn/base/function_ref.hpp"
#include "mixnn/machine/mpi_host_memory.hpp"

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
class MpiSeats {
 public:
  // `has_mail(number)`: whether there is work for the host's rank of this number. At most so many
  // helpers a rank. Collective.
  MpiSeats(MPI_Comm host, std::size_t most_helpers, std::function<bool(int)> has_mail);
  MpiSeats(const MpiSeats&) = delete;
  MpiSeats& operator=(const MpiSeats&) = delete;

  // Whether all ranks may run on all cores of the host, and there are not too many. The same on all
  // ranks.
  bool usable() const { return !cores_.empty(); }

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
  void leave() noexcept;

  void free() noexcept { desks_.free(); }  // collective

 private:
  // With more seats than this a rank has one thread all the same.
  static constexpr std::size_t kMostThreads = 16;
  // Of a rank, or a helper. Ranks have the first numbers, by their number on the host.
  struct Desk {
    alignas(MpiHostMemory::kAlignment) std::atomic<std::uint32_t> parked;
    std::atomic<std::uint32_t> open;      // of a helper: there are parts,
    std::atomic<Nanoseconds::rep> since;  // from this time on
    std::atomic<std::uint32_t> threads;   // 0: one, to be bound; else one for each seat
    std::atomic<int> thread;              // of the one: its id
    std::atomic<int> seat, core;  // the seat of the last call; 1 + the seat whose core it runs on
    // Futexes, by thread: how often it was given a seat.
    std::array<std::atomic<std::uint32_t>, kMostThreads> calls;
    // Of the first desk alone: bits, and how many helpers' desks are open.
    alignas(MpiHostMemory::kAlignment) std::atomic<std::uint64_t> free_seats;
    std::atomic<std::uint32_t> open_desks;
  };
  static constexpr int kNone = -1;

  // One that takes turns on the seats. While it waits, another of its threads may go on: what is
  // not atomic belongs to the one that acts.
  class Sitter {
   public:
    Sitter(MpiSeats& seats, int number) : s_(seats), mine_(number), last_sent_(number + 1) {}

    void begin();  // on its thread
    int number() const { return mine_; }
    bool seated() const { return seat_ != kNone; }
    void sent_to(int number);
    void offer_free_seat(int number);  // if he waits for one, and there is one
    void wait(Nanoseconds at_most, bool rest);
    void let_ranks_in(
        Nanoseconds at_most);  // passes its seat to a rank that has mail, if there is one
    bool core_wanted() const { return seat_ == kNone || find_ready() != kNone; }
    void run_on_all_seats(FunctionRef<bool()> round);
    void leave();

   private:
    enum class Pass { kIfNothingToDo, kAnyway };
    bool start_threads(std::vector<std::thread>& threads, FunctionRef<bool()> round);
    void act(FunctionRef<bool()> round);
    void end_run();
    bool claim(int number);
    bool go_on(std::size_t thread);
    void call(int number, int seat);
    std::atomic<std::uint32_t>& calls_of(std::size_t thread) const;
    void sleep(std::size_t thread, std::uint32_t calls, Nanoseconds at_most);
    bool pass_to(int number, Nanoseconds at_most, Pass when);
    void give_back(int seat);
    int find_ready_rank() const;
    int find_ready_helper(int seat) const;
    int find_ready() const;

    MpiSeats& s_;
    int mine_;
    int seat_ = kNone;
    int last_sent_;
    std::atomic<std::size_t> acting_{0};  // the thread that acts, or was the last
    std::atomic<bool> over_{false};       // of run_on_all_seats()
    std::exception_ptr error_;
  };
  class Place;

  bool has_mail(int number) const {
    return number < ranks_ ? has_mail_(number) : desks_[number].open.load() != 0;
  }
  int take_free_seat(int number);
  bool may_take(int number, int seat) const {
    return number < ranks_ || seat % helpers_ == (number - ranks_) % helpers_;
  }
  void bind(int number, int seat);

  std::function<bool(int)> has_mail_;
  int ranks_;
  std::vector<int> cores_;  // by seat
  int helpers_;             // of each rank; the seats are shared out among them
  MpiHostArray<Desk> desks_;
  Sitter rank_;
};

}  // namespace mixnn
