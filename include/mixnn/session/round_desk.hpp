#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/wire/message.hpp"
#include "mixnn/wire/report.hpp"

namespace mixnn {

// What one exchange brought, and what the rank had counted and used by then.
struct RoundTick {
  std::uint64_t exchange = 0;
  std::uint64_t behind = 0;  // so many exchanges before it some of the messages came, and waited
  std::deque<Message> messages;
  CellCounters counters;
  std::array<RefusedFrom, 8> refused{};
  Usage usage;                // as the round thread sees it
  Nanoseconds round_time{0};  // RoundTimes
};

// The one place where the two threads of a rank with a pace meet: the round thread, which owns the
// transport and all of the traffic and never waits for computing; and the computing thread, which
// has time when the other sleeps.
//
// Towards the computing thread go ticks, one for each exchange that brought something, each worked
// off before the next is taken; of others only the last, if there is time for it. Towards the round
// thread go errands: things to say, of the tick at work. An errand of the tick of exchange e is run
// right before exchange e + K begins and not earlier, whenever it was given, so that all that is
// said, and when, is as if nobody had had to compute. Before exchange x begins, all that x - K has
// brought must be done. A tick with something that had come b exchanges before is due so much
// earlier, and with it all before it.
class RoundDesk {
 public:
  explicit RoundDesk(std::uint64_t allowance) : allowance_(allowance) {}  // K
  RoundDesk(const RoundDesk&) = delete;
  RoundDesk& operator=(const RoundDesk&) = delete;

  // The computing thread's. Before its first tick it has begun once it first goes on.
  //
  // What it throws comes to the computing thread, as all that fails on the other.
  template <class Errand>
  void ask(Errand errand) {
    push(std::make_unique<Asked<Errand>>(std::move(errand)));
  }
  // The tick at work is done; takes the next. False if there is none yet.
  bool go_on();
  std::optional<Message> next();                   // of the tick at work
  const RoundTick& tick() const { return tick_; }  // the one at work, or the last
  void wait(Nanoseconds at_most);                  // for a tick, or the end
  // Nothing is due of this rank until it goes on: exchanges wait for it where they must.
  void rest();

  // The round thread's.
  //
  // Whether the exchange may begin: kLate if what is due in it is not done, kNotYet if the
  // computing thread rests, or has not begun. If it may, this runs its errands first.
  enum class Begins : std::uint8_t { kInTime, kLate, kNotYet };
  Begins begins(std::uint64_t exchange);
  void post(RoundTick tick);
  void fail(std::exception_ptr error);  // only the first is handed over

  // Either's.
  void close();
  bool closed() const;

 private:
  struct AnyErrand {
    virtual ~AnyErrand() = default;
    virtual void run() = 0;
  };
  template <class Errand>
  struct Asked final : AnyErrand {
    explicit Asked(Errand given) : errand(std::move(given)) {}
    void run() override { errand(); }
    Errand errand;
  };
  struct Due {
    std::uint64_t exchange;
    std::unique_ptr<AnyErrand> errand;
  };
  void push(std::unique_ptr<AnyErrand> errand);
  std::uint64_t due(const RoundTick& tick) const;

  const std::uint64_t allowance_;
  RoundTick tick_;            // the computing thread's own
  bool at_work_ = false;      // the same: on one that brought something
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<RoundTick> ticks_;
  std::deque<Due> errands_;
  std::deque<std::uint64_t> open_;  // when ticks are due that have brought what is not done
  std::uint64_t due_ = 0;           // in which exchange what is asked now is said
  bool begun_ = false, rests_ = true, closed_ = false, failed_ = false;
  std::exception_ptr error_;
};

}  // namespace mixnn
