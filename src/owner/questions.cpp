#include "mixnn/owner/questions.hpp"

#include <algorithm>

#include "mixnn/session/suspects.hpp"

namespace mixnn {

void Questions::asked(std::uint32_t rank, MessageKind kind, Nanoseconds when) {
  awaited_[rank] = {kind, answer_kind(kind).value()};
  if (kind == MessageKind::kTrace) traces[rank].asked = when;
}

bool Questions::take(const Message& message) {
  return visit_kind<Recipient::kOwner>(message.info.label.kind,
                                       [&](auto of_kind) { on(of_kind, message); });
}

bool Questions::asked_to_stop() const {
  return std::ranges::any_of(
      awaited_, [](const auto& one) { return one.second.asked == MessageKind::kStop; });
}

std::vector<std::string> Questions::outstanding() const {
  std::vector<std::string> texts;
  for (const auto& [rank, awaited] : awaited_) texts.push_back(awaited.text(rank));
  return texts;
}

std::vector<std::uint32_t> Questions::silent() const {
  std::vector<std::uint32_t> ranks;
  for (const auto& [rank, awaited] : awaited_) ranks.push_back(rank);
  return ranks;
}

// A rank that settles lacks, or says that it lacks, what others relay to it.
std::string Questions::Awaited::text(std::uint32_t rank) const {
  const std::string number = std::to_string(rank);
  if (asked != MessageKind::kSettle) return to_string(answer) + " of rank " + number;
  return "cells for rank " + number + ", or its word that all have come";
}

std::string Questions::role_of(std::uint32_t rank) const {
  if (rank == 0) return "owner";
  return plan_.hosts(rank) ? "stage host" : "relay";
}

// Of an error about a message of the chain (StageHost), which begins with what it is.
std::string Questions::sender_text(std::uint32_t rank, const std::string& error) const {
  const bool forwards = error.starts_with("a forward") || error.starts_with("a test");
  if (!plan_.hosts(rank) || !(forwards || error.starts_with("a backward"))) return {};
  const auto stage =
      static_cast<std::size_t>(std::ranges::find(plan_.places, rank) - plan_.places.begin());
  if (stage == (forwards ? 0 : plan_.stages - 1)) return {};  // from the owner
  const std::uint32_t sender = plan_.places[forwards ? stage - 1 : stage + 1];
  return "; rank " + std::to_string(sender) + " sent it that, so one of the two is to blame";
}

RunError Questions::lost_cell(std::uint32_t refused_by, const LostCell& lost) const {
  return RunError("rank " + std::to_string(refused_by) + " (" + role_of(refused_by) + ") " +
                  lost_text(lost, hops_, refused_by));
}

void Questions::on(OfKind<MessageKind::kReport>, const Message& message) {
  const std::uint32_t rank = message.info.label.part;
  const std::optional<Report> report = decode<Report>(message.payload.bytes());
  if (!report) throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
  if (report->lost.why != 0) throw lost_cell(rank, report->lost);
  if (report->type == Report::Type::kError)
    throw RunError("rank " + std::to_string(rank) + " (" + role_of(rank) + ") " + report->error +
                   (rounds_ ? sender_text(rank, report->error) : ""));
  reports[rank] = *report;
  const auto awaited = awaited_.find(rank);  // of an epoch, it carries half of a fresh agreement
  const bool agrees = awaited != awaited_.end() && awaited->second.asked == MessageKind::kEpoch;
  if (was_awaited(message.info.label) && agrees && !agree_(rank, report->fresh_key))
    throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
}

// An answer to a control message, from the rank that it was asked of.
template <class Kind>
typename Kind::Payload Questions::answer_of(Kind kind, const Message& message) {
  const std::string from = "rank " + std::to_string(message.info.label.part) + " sent ",
                    what = std::string(" (") + kind.kName + ")";
  std::optional<typename Kind::Payload> answer =
      decode<typename Kind::Payload>(message.payload.bytes());
  if (!answer) throw RunError(from + "a malformed answer" + what);
  if (!was_awaited(message.info.label))
    throw RunError(from + "an answer that it was not asked for" + what);
  return std::move(*answer);
}

void Questions::on(OfKind<MessageKind::kTracePart> kind, const Message& message) {
  TraceAnswer& trace = traces[message.info.label.part];
  trace.part = answer_of(kind, message);
  trace.answered = clock_.now();
}

void Questions::on(OfKind<MessageKind::kCommitment> kind, const Message& message) {
  commitments[message.info.label.part] = answer_of(kind, message);
}

void Questions::on(OfKind<MessageKind::kSquares> kind, const Message& message) {
  squares[message.info.label.part] = answer_of(kind, message);
}

void Questions::on(OfKind<MessageKind::kRoundTime> kind, const Message& message) {
  round_times[message.info.label.part] = answer_of(kind, message);
}

// Takes it off what is awaited.
bool Questions::was_awaited(const Label& answer) {
  const auto found = awaited_.find(answer.part);
  if (found == awaited_.end() || found->second.answer != answer.kind) return false;
  awaited_.erase(found);
  return true;
}

}  // namespace mixnn
