#pragma once
#include <array>
#include <cstdint>
#include <deque>

namespace mixnn {

// Exchanges are atomic. What is lost in exchange e is counted by whoever misses it and reported in
// e + 1; the owner announces it in e + 2; and e + 3 is then *logical* exchange e again, for all
// alike. So what e + 1 and e + 2 brought comes again, too, and what is reported of them says
// nothing.
//
//   exchange   5   6   7   8   9  10      a slot of 5 is lost
//   logical    5   6   7   5   6   7      7 announces "go back"

// How far back an announcement goes: from the exchange that it is made in.
inline constexpr std::uint64_t kRewind = 2;
// Logical numbers that may come again, the newest among them: what is said at them is kept.
inline constexpr std::uint64_t kKeptLogical = kRewind + 1;

// Of the exchange behind one with this logical number.
constexpr std::uint64_t next_logical(std::uint64_t logical, bool announced) {
  return announced ? logical - kRewind : logical + 1;
}
// Whether there is something to go back to.
constexpr bool may_go_back(std::uint64_t logical) { return logical >= kRewind; }

// What was lost in a run: times that all went back, and slots that ranks reported.
struct RoundLosses {
  std::uint64_t rewinds = 0, bad_slots = 0;
};

// The owner's account of what was lost, by exchange.
class LossBook {
 public:
  // So many slots of an exchange were bad, its own count and what each rank reports; so many of
  // those who say so were late.
  void count(std::uint64_t exchange, std::uint64_t bad, std::uint64_t late = 0);
  // Whether this exchange, the next to begin, announces going back. Once for each, in order.
  bool announce(std::uint64_t exchange);
  // Whether slots were lost where it last did; else somebody was late.
  bool lost() const { return lost_; }
  std::uint64_t rewinds() const { return all_.rewinds; }
  const RoundLosses& all() const { return all_; }

 private:
  struct Counts {
    std::uint64_t bad = 0, late = 0;
  };
  std::array<Counts, kKeptLogical> counts_{};  // by exchange, in turns
  bool lost_ = false;
  std::uint64_t counts_from_ = 0;  // earlier exchanges are cancelled or done
  RoundLosses all_;
};

// How often all may go back in a window of exchanges before somebody is to be blamed: who stays
// below that costs a run 3 * limit / window more exchanges, and stays unnamed. With these a tenth.
inline constexpr std::uint64_t kRewindWindow = 256;
inline constexpr std::size_t kRewindLimit = 8;

class RewindLimit {
 public:
  explicit RewindLimit(std::size_t most) : most_(most) {}
  // All go back, as this exchange announces; whether that is once too often.
  bool exceeded(std::uint64_t exchange);

 private:
  std::size_t most_;
  std::deque<std::uint64_t> in_window_;
};

}  // namespace mixnn
