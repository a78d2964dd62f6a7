#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/base/function_ref.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/onion/issuer.hpp"
#include "mixnn/session/endpoint.hpp"
#include "mixnn/session/lost_request.hpp"
#include "mixnn/session/plan.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/commitment.hpp"
#include "mixnn/wire/trace_part.hpp"

namespace mixnn {

// The owner's end of the traffic: makes tickets over fresh routes, begins requests, waits for their
// answers, and bounds how many are under way. Throws RunError where a rank reports a failure, a
// cell of the run is lost, or nothing moves for the timeout.
class OwnerLink {
  static constexpr auto nothing_to_do = [] { return false; };

 public:
  OwnerLink(Transport& transport, const RunParameters& parameters, std::vector<EpochKeys> keys,
            const Plan& plan, const MessageSizes& sizes, const SessionOptions& options);

  // A ticket for one message of at most `bytes` from `holder` to `receiver`, over a fresh route.
  Ticket issue(std::uint32_t holder, std::uint32_t receiver, const MessageInfo& info,
               std::size_t bytes);
  // Such a ticket will not be used: the next change of keys makes it void.
  void leave_unused(std::uint32_t receiver, std::size_t bytes);

  // Whether another request may begin now. `launch` begins one: a message to `receiver` that the
  // hosts pass on under the same label until an answer comes back to the owner.
  bool has_credit() const { return credits() > 0; }
  std::size_t credits() const { return options_.in_flight - under_way_.size(); }
  std::size_t in_flight() const { return options_.in_flight; }
  void launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload);
  // The rank will send such an answer once it has the ticket: nothing else is sent to ask for it.
  void expect(std::uint32_t rank, const Label& label);
  bool idle() const { return under_way_.empty(); }
  // The next answer; its request has ended. Blocks. While nothing has come and no other rank needs
  // this core, it calls `meanwhile`, which does a little of something and returns false where there
  // is nothing to do.
  Message wait(FunctionRef<bool()> meanwhile = nothing_to_do);
  void recycle(AlignedBuffer buffer) { endpoint_.recycle(std::move(buffer)); }

  // A ticket book to a rank: no answer of its own.
  void send_book(std::uint32_t receiver, ConstBytes book);
  std::size_t message_capacity() const { return sizes_.capacity(); }
  std::size_t ticket_bytes(std::size_t message_bytes) const {
    return mixnn::ticket_bytes(options_.hops, sizes_.cells_for(message_bytes));
  }

  // Begins an epoch on all ranks with fresh reserve tickets: the first one, or the next under new
  // keys and new serials. With the same messages each rank agrees on what goes into the keys of
  // the epoch after it.
  std::vector<Report> begin_epoch();
  std::vector<Report> ratchet();
  // Takes so many messages off what this epoch's serials suffice for, and ratchets before where
  // they do not. When that is follows from these numbers alone, not from what the nodes have used.
  // Nothing may be under way.
  void make_room(std::uint64_t messages);
  bool has_room(std::uint64_t messages) const;  // without that
  // Waits until every message to every rank has arrived, those too that nobody answers.
  void settle() { ask_all(MessageKind::kSettle); }
  // How many requests of so many messages one epoch's serials suffice for; at least 1.
  std::size_t requests_of_an_epoch(std::uint64_t messages_of_one) const;

  // A zero-hop control cell to every rank alike, with a ticket for its answer; waits until each has
  // answered, and returns the answers by rank. Nothing may be under way.
  std::vector<Report> ask_all(MessageKind kind);
  // The next part of what each rank recorded, asked for and answered in the same way.
  struct TraceAnswer {
    TracePart part;
    Nanoseconds asked{0}, answered{0};  // by the owner's clock
  };
  std::map<std::uint32_t, TraceAnswer> ask_trace();
  // What each rank commits to, by rank, asked for and answered in the same way.
  std::map<std::uint32_t, Commitment> ask_commitments(const CommitOrder& order);
  // What each rank's gradients add to their norm, by rank, asked for and answered in the same way.
  std::map<std::uint32_t, GradientSquares> ask_squares(const ClipOrder& order);
  void tell_scale(const GradientScale& scale);  // every rank; no answer
  std::size_t trace_part_bytes() const { return endpoint_.body_bytes(); }
  ActivityRecorder& activity() { return activity_; }
  Usage usage() const { return endpoint_.usage(); }
  const CellCounters& counters() const { return endpoint_.counters(); }
  std::array<RefusedFrom, 8> refused() const { return endpoint_.refused(); }
  AeadSuite suite() const { return suite_; }

 private:
  // `more`: what follows the ticket. Returns when it was sent.
  Nanoseconds ask(std::uint32_t rank, MessageKind kind, ConstBytes more = {});
  std::vector<std::byte> with_offer(std::uint32_t rank, std::vector<std::byte> book);
  bool was_awaited(const Label& answer);
  std::vector<std::byte> control_tickets(const Label& label, std::size_t count);
  void await_answers();
  void ask_each(MessageKind kind, ConstBytes more = {});  // and waits for the answers
  template <class Kind>
  typename Kind::Payload answer_of(Kind kind, const Message& message);
  // One message, where there is one; otherwise does something else, or waits a little.
  std::optional<Message> step(FunctionRef<bool()> meanwhile = nothing_to_do);
  // A handler for every kind that is for the owner (wire/kinds.hpp). Other messages are answers to
  // requests.
  void on(OfKind<MessageKind::kReport>, const Message& message);
  void on(OfKind<MessageKind::kTracePart> kind, const Message& message);
  RunError lost_cell(std::uint32_t refused_by, const LostCell& lost) const;
  RunError unasked(const Label& answer) const;
  std::string role_of(std::uint32_t rank) const;
  void on(OfKind<MessageKind::kCommitment> kind, const Message& message);
  void on(OfKind<MessageKind::kSquares> kind, const Message& message);
  void check_timeout();
  std::string inquire();
  std::optional<Label> oldest_request() const;
  void wait_a_little();
  std::uint64_t serials_of_messages() const;  // of an epoch
  std::uint64_t serials_of(std::uint64_t messages) const;

  Transport& transport_;
  ActivityRecorder activity_;
  SessionOptions options_;
  Plan plan_;
  MessageSizes sizes_;
  AeadSuite suite_;
  Csprng rng_;
  std::unique_ptr<BulkAead> header_aead_;
  TicketIssuer issuer_;
  Endpoint endpoint_;
  SteadyClock clock_;
  StallWatch watch_;
  std::uint64_t taken_ = 0;                   // of the endpoint, at the last look
  std::map<Label, std::uint32_t> under_way_;  // first receiver by label
  Passages passages_;
  std::uint64_t serials_spent_ = 0;       // of this epoch, at most
  std::vector<std::uint64_t> delivered_;  // cells to each rank, once all have arrived
  // By rank: what a control message asked and waits for, and the answers that have come.
  struct Awaited {
    MessageKind asked{}, answer{};
    std::string text(std::uint32_t rank) const;  // "report of rank 3"
  };
  std::map<std::uint32_t, Awaited> awaited_;
  std::map<std::uint32_t, Report> reports_;
  std::map<std::uint32_t, TraceAnswer> traces_;
  std::map<std::uint32_t, Commitment> commitments_;
  std::map<std::uint32_t, GradientSquares> squares_;
};

}  // namespace mixnn
