#pragma once
#include <array>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/base/function_ref.hpp"
#include "mixnn/rounds/exchanger.hpp"
#include "mixnn/rounds/outbox.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/session/timed_aead.hpp"

namespace mixnn {

// One rank's end of traffic in rounds, as Endpoint is of onions: where messages and exchanges meet.
// What is said has a logical number, and is said again where that comes again.
class RoundEndpoint {
 public:
  // `transport` and `activity` must outlive it. `lanes` as for Exchanger.
  RoundEndpoint(Transport& transport, const RunParameters& parameters,
                std::span<const LaneKeys> lanes, ActivityRecorder& activity);

  Exchanger& exchanger() { return exchanger_; }
  const Exchanger& exchanger() const { return exchanger_; }
  std::size_t capacity() const { return capacity_; }  // bytes of a message

  // Goes on with the exchange under way; `take` is given what it brought, once it has ended. False
  // if there was nothing to do.
  bool poll(FunctionRef<void(Brought)> take);
  // To be said at that logical number.
  void put(std::uint64_t logical, const Outbox::Circuit& circuit, const MessageInfo& info,
           AlignedBuffer payload);
  AlignedBuffer copy_of(ConstBytes payload);
  // Whether the exchange to begin is the first of a key epoch, and does not come again; once for
  // each exchange.
  bool key_epoch_begins();
  // Begins an exchange with what is to be said in it. `first_link` of a circuit in this exchange's
  // draw; nothing if it has none there.
  using FirstLink = FunctionRef<std::optional<std::uint32_t>(const Outbox::Circuit&)>;
  void begin(FirstLink first_link, DrawNumber draw_after = DrawNumber::kLanes);

  void hand_out(Message message) { inbox_.push_back(std::move(message)); }
  bool all_handed_out() const { return inbox_.empty(); }
  std::optional<Message> next();
  void recycle(AlignedBuffer buffer) { exchanger_.recycle(std::move(buffer)); }

  // Where there is nothing to do: how long nothing can be, or is likely to be.
  Nanoseconds nap() const;

  Usage usage() const;
  std::array<RefusedFrom, 8> refused() const;

 private:
  Transport& transport_;
  ActivityRecorder& activity_;
  SteadyClock clock_;
  TimedAead aead_;
  std::size_t capacity_;
  Exchanger exchanger_;
  Outbox outbox_;
  std::vector<Said> said_;
  std::deque<Message> inbox_;
  DrawNumber last_draw_ = DrawNumber::kLanes;
  std::uint64_t not_begun_ = 0;         // logical: the first exchange that has not begun yet
  Nanoseconds busy_at_ = clock_.now();  // when there was something to do
};

}  // namespace mixnn
