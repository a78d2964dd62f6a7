#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/function_ref.hpp"
#include "mixnn/machine/seat_desks.hpp"

namespace mixnn {

// One that takes turns on the seats (seats.hpp): a rank, or a helper. While it waits, another of
// its threads may go on: what is not atomic belongs to the one that acts.
class Sitter {
 public:
  Sitter(SeatDesks& desks, int number) : s_(desks), mine_(number), last_sent_(number + 1) {}

  void begin();  // on its thread
  int number() const { return mine_; }
  bool seated() const { return seat_ != kNone; }
  void sent_to(int number);
  void offer_free_seat(int number);  // if he waits for one, and there is one
  void wait(Nanoseconds at_most, bool rest);
  // Passes its seat to a rank that has mail, if there is one.
  void let_ranks_in(Nanoseconds at_most);
  bool core_wanted() const { return seat_ == kNone || find_ready() != kNone; }
  void run_on_all_seats(FunctionRef<bool()> round);
  void leave();

 private:
  using Desk = SeatDesks::Desk;
  static constexpr int kNone = SeatDesks::kNone;
  enum class Pass { kIfNothingToDo, kAnyway };

  bool start_threads(std::vector<std::thread>& threads, FunctionRef<bool()> round);
  void act(FunctionRef<bool()> round);
  void end_run();
  bool claim(int number);
  bool go_on(std::size_t thread);
  void call(int number, int seat);
  std::atomic<std::uint32_t>& calls_of(std::size_t thread) const;
  bool is_called(std::size_t thread, std::uint32_t calls, Nanoseconds at_most);
  void sleep(std::size_t thread, std::uint32_t calls, Nanoseconds at_most);
  bool pass_to(int number, Nanoseconds at_most, Pass when);
  void give_back(int seat);
  int find_ready_rank() const;
  int find_ready_helper(int seat) const;
  int find_ready() const;

  SeatDesks& s_;
  int mine_;
  int seat_ = kNone;
  int last_sent_;
  std::atomic<std::size_t> acting_{0};  // the thread that acts, or was the last
  std::atomic<bool> over_{false};       // of run_on_all_seats()
  std::exception_ptr error_;
};

}  // namespace mixnn
