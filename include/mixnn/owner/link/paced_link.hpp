#pragma once
#include <atomic>
#include <thread>

#include "mixnn/owner/link/rounds_link.hpp"
#include "mixnn/session/round_desk.hpp"

namespace mixnn {

// The owner's end of traffic in rounds with a pace: RoundsLink on a thread of its own. What the
// owner computes never holds up a round (session/round_desk.hpp); only where nothing is under way
// and the owner does something else exchanges wait, which is at public moments.
class PacedLink final : public OwnerLink {
 public:
  // The transport is the round thread's until part() has returned.
  PacedLink(Transport& transport, const RunParameters& parameters, std::vector<EpochKeys> keys,
            const Plan& plan, const SessionOptions& options, std::size_t micro_batches,
            std::size_t staleness);
  ~PacedLink() override;

  std::size_t expect(std::uint32_t rank, std::span<const Label> labels) override;
  void recycle(AlignedBuffer buffer) override { stock_.put(std::move(buffer)); }
  std::unique_ptr<Supply> supply(const Traffic& traffic,
                                 const std::vector<std::uint32_t>& places) override {
    return rounds_.supply(traffic, places);
  }
  void drained() override;
  std::size_t message_capacity() const override { return rounds_.message_capacity(); }

  std::vector<Report> begin_epoch() override;
  std::vector<Report> ratchet() override;
  bool has_room(std::uint64_t messages) const override { return rounds_.has_room(messages); }
  std::size_t requests_of_an_epoch(std::uint64_t messages_of_one) const override {
    return rounds_.requests_of_an_epoch(messages_of_one);
  }
  std::size_t trace_part_bytes() const override { return rounds_.trace_part_bytes(); }

  void part() override;
  std::uint64_t cells_behind(const std::vector<Report>& reports) const override {
    return rounds_.cells_behind(reports);
  }
  Usage usage() const override;
  const CellCounters& counters() const override { return now().counters; }
  std::array<RefusedFrom, 8> refused() const override { return now().refused; }
  Nanoseconds run_dummies(std::size_t times) override;
  void keep_period(Nanoseconds period) override;
  std::vector<std::uint64_t> late_exchanges() const override { return rounds_.late_exchanges(); }
  std::optional<RoundLosses> losses() const override { return rounds_.losses(); }

 private:
  // Waits for the round thread.
  class DeskTurns final : public Turns {
   public:
    explicit DeskTurns(RoundDesk& desk) : desk_(desk) {}
    void idle(bool) override { desk_.wait(std::chrono::milliseconds(20)); }
    void busy() override {}

   private:
    RoundDesk& desk_;
  };

  Turns& turns() override { return turns_; }
  void nothing_under_way() override { desk_.rest(); }
  void send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) override;
  Nanoseconds send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) override;
  bool poll() override { return desk_.go_on(); }
  std::optional<Message> next() override { return desk_.next(); }
  std::uint64_t taken() const override { return desk_.tick().counters.received; }
  bool agree(std::uint32_t rank, const PublicKey& half) override;
  void take_room(std::uint64_t messages) override { rounds_.take_room(messages); }
  bool can_inquire() const override { return false; }
  std::string where_stopped(const Label&,
                            const std::map<std::uint32_t, Report::Known>&) const override {
    return {};
  }

  void keep_rounds();
  bool turn();
  RoundTick snapshot();
  const RoundTick& now() const { return last_ ? *last_ : desk_.tick(); }

  ActivityRecorder& computing_ = activity_;
  BufferStock stock_;
  SteadyClock clock_;
  RoundsLink rounds_;  // the round thread's, but for what never changes
  RoundDesk desk_;
  DeskTurns turns_{desk_};
  std::atomic<bool> over_{false};  // the round thread's work
  std::optional<RoundTick> last_;  // of the rounds, once they are over
  std::thread thread_;
};

}  // namespace mixnn
