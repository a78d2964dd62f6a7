#pragma once
#include <deque>
#include <map>
#include <utility>

#include "mixnn/node/node_link.hpp"
#include "mixnn/session/round_endpoint.hpp"
#include "mixnn/session/round_secrets.hpp"

namespace mixnn {

// A node's end of traffic in rounds. It begins an exchange when all that the last one brought is
// done. What it is to do for a message of the chain it has been told by the owner, as an order to
// all ranks alike; from the rank before it on the chain it takes the label and the tensor alone.
class RoundsNodeLink final : public NodeLink {
 public:
  // `transport` and `activity` must outlive it.
  RoundsNodeLink(Transport& transport, const RunParameters& parameters, const EpochKeys& keys,
                 ActivityRecorder& activity);

  bool poll() override;
  std::optional<Message> next() override { return endpoint_.next(); }
  void recycle(AlignedBuffer buffer) override { endpoint_.recycle(std::move(buffer)); }
  bool go_on() override;
  bool ended() override;
  void rest() override { rests_ = true; }
  bool resting() const override;
  bool can_answer(const Label&) const override { return true; }
  void answer(const Label& label, ConstBytes payload) override;
  void answer(const Label& label, AlignedBuffer payload);
  void store(const TicketBook& tickets) override;
  void report(const Report& report) override;
  std::optional<PublicKey> begin_epoch(const EpochStart& start) override;
  // The two parts of that: this rank's half, and what both halves give, which is for the next keys.
  struct Agreed {
    PublicKey half;
    Key shared;
  };
  static std::optional<Agreed> agree(const EpochStart& start);
  void take_fresh(const Key& shared) { fresh_ = shared; }
  std::optional<LostCell> lost() const override { return std::nullopt; }
  const CellCounters& counters() const override { return exchanger_.counters(); }
  std::array<RefusedFrom, 8> refused() const override { return endpoint_.refused(); }
  Usage usage() const override { return endpoint_.usage(); }
  std::size_t trace_part_bytes() const override { return kTracePartBytes; }
  bool has_parted() const;  // has said its last word, which is known to have come whole
  // For a node with a pace: whether an answer is due now to what still waits for its order, as the
  // owner was late; and how many exchanges before the last what it has handed out since this was
  // asked had come, at most.
  bool waits_for_orders() const;
  std::uint64_t taken_behind() { return std::exchange(behind_, 0); }
  RoundEndpoint& endpoint() { return endpoint_; }
  const RoundEndpoint& endpoint() const { return endpoint_; }

 private:
  struct Order {
    MessageInfo info;
    std::uint64_t since = 0;               // logical: behind the exchange that brought it
    bool came = false, came_back = false;  // what it is for: forward or test, and backward
  };
  void take(Brought brought);
  void take_from_owner(Message message);
  void take_pace(const Message& message);
  void take_on_circuit(Brought::OnCircuit& came, std::uint64_t logical);
  bool take_on_chain(Message& message, std::uint64_t logical);
  void take_early(std::uint64_t logical);
  std::uint64_t due(const Label& label);
  void forget_orders();
  Order* order_for(const Label& label);
  void change_keys();
  std::uint32_t own() const { return static_cast<std::uint32_t>(transport_.rank()); }

  Transport& transport_;
  std::uint8_t hops_;
  std::uint64_t allowance_;  // exchanges from what comes to its answer
  EpochKeys keys_;
  std::optional<Key> fresh_;  // agreed in this epoch, for the next
  RoundEndpoint endpoint_;
  Exchanger& exchanger_;         // the endpoint's
  std::uint64_t bulk_free_ = 0;  // logical: the circuit to the owner says nothing yet from here on
  std::map<Label, std::uint64_t> came_at_;  // logical: what is not answered yet
  std::map<Label, Order> orders_;
  struct Early {
    Message message;
    std::uint64_t logical, exchange;  // that brought it
  };
  std::deque<Early> early_;  // on the chain's circuits, before its order: that may have been lost,
                             // or is said late
  std::uint64_t behind_ = 0;
  bool parting_ = false;                    // the last report is said
  std::optional<std::uint64_t> last_word_;  // logical: when its end was
  std::uint64_t not_begun_ = 0;             // logical: the first exchange that has not begun yet
  bool rests_ = false;  // the next exchange begins only once somebody has begun it
};

}  // namespace mixnn
