#pragma once
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/function_ref.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/owner/questions.hpp"
#include "mixnn/owner/supply.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/session/plan.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/message.hpp"

namespace mixnn {

class Traffic;

// The owner's end of the traffic, whatever way it travels (session/options.hpp, TrafficKind):
// begins requests, waits for their answers, bounds how many are under way, and asks all ranks by
// control. Throws RunError where a rank reports a failure, something of the run is lost, or nothing
// moves for the timeout. How messages travel is what those that derive from it add: the private
// functions at the end.
class OwnerLink {
  static constexpr auto nothing_to_do = [] { return false; };

 public:
  virtual ~OwnerLink() = default;
  OwnerLink(const OwnerLink&) = delete;
  OwnerLink& operator=(const OwnerLink&) = delete;

  // Whether another request may begin now. `launch` begins one: a message to `receiver` that the
  // hosts pass on under the same label until an answer comes back to the owner.
  bool has_credit() const { return credits() > 0; }
  std::size_t credits() const { return options_.in_flight - under_way_.size(); }
  std::size_t in_flight() const { return options_.in_flight; }
  void launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload);
  // Asks the rank for openings (wire/commitment.hpp), each a request that it answers at once, with
  // message_capacity() bytes, and that nothing else is sent for: for the first of `labels`, as many
  // as there are credits and as go together. Returns how many.
  virtual std::size_t expect(std::uint32_t rank, std::span<const Label> labels) = 0;
  bool idle() const { return under_way_.empty(); }
  // The next answer; its request has ended. Blocks. While nothing has come and no other rank needs
  // this core, it calls `meanwhile`, which does a little of something and returns false where there
  // is nothing to do.
  Message wait(FunctionRef<bool()> meanwhile = nothing_to_do);
  virtual void recycle(AlignedBuffer buffer) = 0;

  // What ranks must be sent ahead for these requests. `places`: rank by place. All must outlive it.
  virtual std::unique_ptr<Supply> supply(const Traffic& traffic,
                                         const std::vector<std::uint32_t>& places) = 0;
  virtual std::size_t message_capacity() const = 0;  // bytes of a payload

  // Begins an epoch on all ranks: the first one, or the next under new keys. With the same messages
  // each rank agrees on what goes into the keys of the epoch after it.
  virtual std::vector<Report> begin_epoch() = 0;
  virtual std::vector<Report> ratchet() = 0;
  // Takes so many messages off what this epoch suffices for, and ratchets before where it does not.
  // When that is follows from these numbers alone, not from what the nodes have used. Nothing may
  // be under way.
  void make_room(std::uint64_t messages);
  virtual bool has_room(std::uint64_t messages) const = 0;  // without that
  // How many requests of so many messages one epoch suffices for; at least 1.
  virtual std::size_t requests_of_an_epoch(std::uint64_t messages_of_one) const = 0;
  // All steps of training that have begun have ended, and the next begins later.
  virtual void drained() {}
  // Waits until every message to every rank has arrived, those too that nobody answers.
  void settle() { ask_all(MessageKind::kSettle); }

  // A control message to every rank alike; waits until each has answered, and returns the answers
  // by rank. Nothing may be under way.
  std::vector<Report> ask_all(MessageKind kind);
  // The next part of what each rank recorded, asked for and answered in the same way.
  using TraceAnswer = Questions::TraceAnswer;
  std::map<std::uint32_t, TraceAnswer> ask_trace();
  // What each rank commits to, by rank, asked for and answered in the same way.
  std::map<std::uint32_t, Commitment> ask_commitments(const CommitOrder& order);
  // What each rank's gradients add to their norm, by rank, asked for and answered in the same way.
  std::map<std::uint32_t, GradientSquares> ask_squares(const ClipOrder& order);
  // How long rounds take at each rank, by rank, which may be told another period with it.
  std::map<std::uint32_t, RoundTime> ask_round_times(const PaceOrder& order);
  void tell_scale(const GradientScale& scale);  // every rank; no answer
  virtual std::size_t trace_part_bytes() const = 0;

  ActivityRecorder& activity() { return activity_; }
  // After the last reports: what is still to be done so that no rank that leaves is missed.
  virtual void part() {}
  // Cells that all ranks together sent beyond what these last reports, and this rank, count.
  virtual std::uint64_t cells_behind(const std::vector<Report>& reports) const = 0;
  // In rounds with a pace: some exchanges of dummies, in which ranks are asked for a word so many
  // times; what the last rounds took this rank. And another period for it.
  virtual Nanoseconds run_dummies(std::size_t /*times*/) { return Nanoseconds{0}; }
  virtual void keep_period(Nanoseconds) {}
  // In rounds: by rank, exchanges in which what was due of it was not ready.
  virtual std::vector<std::uint64_t> late_exchanges() const { return {}; }
  virtual Usage usage() const = 0;
  virtual const CellCounters& counters() const = 0;
  virtual std::array<RefusedFrom, 8> refused() const = 0;
  virtual std::optional<RoundLosses> losses() const { return std::nullopt; }  // of rounds
  AeadSuite suite() const { return suite_; }

 protected:
  OwnerLink(Transport& transport, const RunParameters& parameters, const Plan& plan,
            const SessionOptions& options);

  void work_until(FunctionRef<bool()> done);  // where no answer is waited for
  // How it waits.
  virtual Turns& turns() { return transport_.turns(); }
  // From here on it waits for nothing, until something is sent.
  virtual void nothing_under_way() {}
  // A request to the rank is under way from here on, until its answer has come.
  void begin(std::uint32_t rank, const Label& label);
  static constexpr std::uint32_t kOwnerRank = 0;
  std::uint32_t ranks() const { return static_cast<std::uint32_t>(transport_.size()); }

  Transport& transport_;
  ActivityRecorder activity_;
  const SessionOptions options_;
  const Plan plan_;

 private:
  // How messages travel.
  //
  // A request's message; and a control message, whose answer, if it has one (wire/kinds.hpp), comes
  // as a message, too. `fields` is what its payload says. What serves the way stands before that
  // and is the link's own: tickets, and all of an epoch's start and of a settling. It returns when
  // the message was sent.
  virtual void send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) = 0;
  virtual Nanoseconds send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) = 0;
  // Does a little of what is to be done: false where that was nothing. Never blocks.
  virtual bool poll() = 0;
  virtual std::optional<Message> next() = 0;  // that has come, control too
  virtual std::uint64_t taken() const = 0;    // moves while the run does
  virtual std::optional<LostCell> lost() const { return std::nullopt; }
  virtual void ended(const Label&) {}  // a request of this link
  // Ends the agreement with a rank that begin_epoch() began; false if that is no half of one.
  virtual bool agree(std::uint32_t rank, const PublicKey& half) = 0;
  virtual void take_room(std::uint64_t messages) = 0;  // that there is
  // Whether ranks can be asked at a timeout, when nothing else is done any more. Where the request
  // then stopped, by what they know of it; empty if that does not follow.
  virtual bool can_inquire() const = 0;
  virtual std::string where_stopped(const Label& request,
                                    const std::map<std::uint32_t, Report::Known>& known) const = 0;

  void ask(std::uint32_t rank, MessageKind kind, ConstBytes fields);
  void ask_each(MessageKind kind, ConstBytes fields = {});  // and waits for the answers
  // One message, where there is one; otherwise does something else, or waits a little.
  std::optional<Message> step(FunctionRef<bool()> meanwhile = nothing_to_do);
  RunError unasked(const Label& answer) const;
  void check_timeout();
  std::string inquire();
  void hear_answers();
  std::optional<Label> oldest_request() const;
  void wait_a_little();

  AeadSuite suite_;
  SteadyClock clock_;
  StallWatch watch_;
  std::uint64_t taken_ = 0;                   // at the last look
  std::map<Label, std::uint32_t> under_way_;  // first receiver by label
  Questions questions_;
};

}  // namespace mixnn
