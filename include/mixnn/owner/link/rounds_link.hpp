#pragma once
#include <deque>
#include <map>
#include <vector>

#include "mixnn/onion/epoch.hpp"
#include "mixnn/owner/link/round_blame.hpp"
#include "mixnn/owner/link/route_budget.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/rounds/draw.hpp"
#include "mixnn/rounds/public_schedule.hpp"
#include "mixnn/rounds/run_routes.hpp"
#include "mixnn/session/round_endpoint.hpp"

namespace mixnn {

// The owner's end of traffic in rounds. Everything that it says has the number of an exchange,
// which follows from public numbers alone; exchanges are held while it waits for something.
class RoundsLink final : public OwnerLink {
 public:
  RoundsLink(Transport& transport, const RunParameters& parameters, std::vector<EpochKeys> keys,
             const Plan& plan, const SessionOptions& options, std::size_t micro_batches,
             std::size_t staleness = 0);

  std::size_t expect(std::uint32_t rank, std::span<const Label> labels) override;
  void recycle(AlignedBuffer buffer) override { endpoint_.recycle(std::move(buffer)); }
  std::unique_ptr<Supply> supply(const Traffic& traffic,
                                 const std::vector<std::uint32_t>& places) override;
  std::size_t message_capacity() const override { return endpoint_.capacity(); }

  std::vector<Report> begin_epoch() override;
  std::vector<Report> ratchet() override;
  // Exchanges have numbers enough for every run: only routes end an epoch early.
  bool has_room(std::uint64_t messages) const override { return budget_.has(messages); }
  std::size_t requests_of_an_epoch(std::uint64_t messages_of_one) const override {
    return budget_.requests(messages_of_one);
  }
  std::size_t trace_part_bytes() const override { return kTracePartBytes; }

  void drained() override { schedule_.drained(); }
  void part() override;
  std::uint64_t cells_behind(const std::vector<Report>& reports) const override;
  Usage usage() const override { return endpoint_.usage(); }
  const CellCounters& counters() const override { return exchanger_.counters(); }
  std::array<RefusedFrom, 8> refused() const override { return endpoint_.refused(); }
  std::optional<RoundLosses> losses() const override;
  std::vector<std::uint64_t> late_exchanges() const override;

 private:
  friend class PacedLink;  // gives it a thread of its own (paced_link.hpp)
  struct Control {         // on the lanes, not before this logical number
    std::uint64_t at;
    std::uint32_t rank;
    MessageInfo info;
    std::vector<std::byte> payload;
  };

  void send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) override;
  Nanoseconds send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) override;
  bool poll() override;
  std::optional<Message> next() override;
  std::uint64_t taken() const override { return exchanger_.counters().received; }
  bool agree(std::uint32_t rank, const PublicKey& half) override;
  void take_room(std::uint64_t messages) override { budget_.take(messages); }
  bool can_inquire() const override { return false; }
  std::string where_stopped(const Label&,
                            const std::map<std::uint32_t, Report::Known>&) const override {
    return {};
  }

  std::uint64_t leaves(const MessageInfo& info);
  void say(std::uint32_t receiver, const MessageInfo& info, AlignedBuffer payload);
  void say_on_chain(std::uint32_t receiver, const MessageInfo& info, AlignedBuffer payload);
  void say_in_bulk(std::uint32_t receiver, const MessageInfo& info, AlignedBuffer payload);
  void put(std::uint64_t at, std::uint32_t receiver, const MessageInfo& info,
           AlignedBuffer payload);
  void order(std::uint64_t at, const MessageInfo& info);
  void say_by_lane(std::uint64_t at, std::uint32_t rank, const MessageInfo& info,
                   std::vector<std::byte> payload);
  // Logical numbers: of the next exchange that begins; from where on something else may begin.
  std::uint64_t next_exchange() const;
  std::uint64_t free_from() const;
  void turn_to(DrawNumber draw);
  DrawNumber draw_at(std::uint64_t logical) const;
  void send_tables(const EpochRoutes& routes);
  void change_keys();
  void install_tables();
  void begin_exchange();
  void check_lateness() const;
  std::string who_is_late() const;
  std::ptrdiff_t hosted() const { return static_cast<std::ptrdiff_t>(plan_.stages); }
  void check_progress(std::uint64_t logical);
  void take(Brought brought);
  void check_kind(const Brought::OnLane& came) const;
  void check_sender(const Brought::OnCircuit& came) const;
  void keep_period(Nanoseconds period) override;
  void be_late();
  bool parted() const;
  std::uint64_t all_late() const;

  SteadyClock clock_;
  Csprng rng_;
  std::vector<EpochKeys> keys_;                    // by rank
  std::vector<Key> fresh_;                         // by rank: agreed in this epoch, for the next
  std::map<std::uint32_t, X25519KeyPair> halves_;  // of agreements that are not made yet
  RoundEndpoint endpoint_;
  Exchanger& exchanger_;  // the endpoint's
  RunRoutes routes_;
  RouteBudget budget_;
  RoundBlame blame_;
  std::uint64_t allowance_;  // exchanges from what comes to its answer
  std::uint32_t before_;     // virtual stages before the chain
  PublicSchedule schedule_;
  std::deque<Control> control_;
  std::deque<std::pair<std::uint64_t, DrawNumber>> draws_;  // from a logical number on
  std::map<std::uint32_t, std::uint64_t> bulk_free_;        // by rank
  std::map<Label, std::uint32_t> asked_;                    // in bulk, of whom
  std::uint64_t others_free_ = 0, deadline_ = 0;            // logical
  std::uint64_t last_on_lanes_ = 0;                         // logical: what came last by a lane
  std::uint64_t not_begun_ = 0;             // logical: the first exchange that has not begun yet
  std::size_t in_vain_ = 0, most_in_vain_;  // exchanges since that moved
  std::uint64_t late_before_ = 0;           // exchanges in which a rank was late, until then
  std::size_t unanswered_ = 0;              // requests
  // Logical: the owner was late there, so it will come again. What follows from what was not ready
  // then is said in it or behind it, though that may be over now.
  std::optional<std::uint64_t> comes_again_;
  bool stopping_ = false;  // all ranks are asked for their last word
  struct Tables {          // the owner's own, to be used from a logical number on
    std::uint64_t from;
    RankTable table;
    std::vector<Key> secrets;  // by rank
  };
  std::optional<Tables> tables_;
  struct Awaited {  // an answer by lane
    MessageKind kind;
    std::uint64_t deadline;  // logical
  };
  std::map<std::uint32_t, Awaited> awaited_;  // by rank
};

}  // namespace mixnn
