#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/crypto/x25519.hpp"
#include "mixnn/session/plan.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/commitment.hpp"
#include "mixnn/wire/message.hpp"
#include "mixnn/wire/pace_order.hpp"
#include "mixnn/wire/report.hpp"
#include "mixnn/wire/trace_part.hpp"

namespace mixnn {

// What the owner has asked ranks by control, and what they have answered, by rank. It sends
// nothing: whoever does says what was asked, and hands in what comes.
class Questions {
 public:
  struct TraceAnswer {
    TracePart part;
    Nanoseconds asked{0}, answered{0};  // by the owner's clock
  };
  // The half of a fresh agreement that a rank gives as an epoch begins: false if it is none.
  using Agree = std::function<bool(std::uint32_t rank, const PublicKey& half)>;

  // `plan` must outlive it. `hops`: relays on the way of a message. `rounds`: whoever is sent what
  // does not fit it cannot be told from who says so, so an error names both.
  Questions(const Plan& plan, std::size_t hops, bool rounds, Agree agree)
      : plan_(plan), hops_(hops), rounds_(rounds), agree_(std::move(agree)) {}

  void asked(std::uint32_t rank, MessageKind kind, Nanoseconds when);
  // Takes a message of a kind that is for the owner; false if it is of another. Throws RunError
  // where the rank reports a failure, or says what makes no sense or was not asked.
  bool take(const Message& message);
  bool all_answered() const { return awaited_.empty(); }
  bool asked_to_stop() const;
  std::vector<std::string> outstanding() const;  // "report of rank 3"
  std::vector<std::uint32_t> silent() const;     // the ranks of which it waits

  // The answers, until the owner of this clears or takes them.
  std::map<std::uint32_t, Report> reports;
  std::map<std::uint32_t, TraceAnswer> traces;
  std::map<std::uint32_t, Commitment> commitments;
  std::map<std::uint32_t, GradientSquares> squares;
  std::map<std::uint32_t, RoundTime> round_times;

  // The rank refused a cell of the run.
  RunError lost_cell(std::uint32_t refused_by, const LostCell& lost) const;

 private:
  struct Awaited {
    MessageKind asked{}, answer{};
    std::string text(std::uint32_t rank) const;
  };
  // A handler for every kind that is for the owner (wire/kinds.hpp).
  void on(OfKind<MessageKind::kReport>, const Message& message);
  void on(OfKind<MessageKind::kTracePart> kind, const Message& message);
  void on(OfKind<MessageKind::kCommitment> kind, const Message& message);
  void on(OfKind<MessageKind::kSquares> kind, const Message& message);
  void on(OfKind<MessageKind::kRoundTime> kind, const Message& message);
  template <class Kind>
  typename Kind::Payload answer_of(Kind kind, const Message& message);
  bool was_awaited(const Label& answer);
  std::string role_of(std::uint32_t rank) const;
  std::string sender_text(std::uint32_t rank, const std::string& error) const;

  const Plan& plan_;
  std::size_t hops_;
  bool rounds_;
  Agree agree_;
  SteadyClock clock_;
  std::map<std::uint32_t, Awaited> awaited_;
};

}  // namespace mixnn
