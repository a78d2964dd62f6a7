#include "mixnn/owner/owner_link.hpp"

#include <algorithm>
#include <tuple>

#include "mixnn/owner/refused.hpp"
#include "mixnn/session/route.hpp"
#include "mixnn/session/suspects.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kOwnerRank = 0;
constexpr Nanoseconds kInquiry = std::chrono::seconds(2);  // for the answers of ranks at a timeout

std::string names(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i)
    text += (i > 0 ? "; " : "") + items[i];
  if (items.size() > kShown) text += "; and " + std::to_string(items.size() - kShown) + " more";
  return text;
}

}  // namespace

OwnerLink::OwnerLink(Transport& transport, const RunParameters& parameters,
                     std::vector<EpochKeys> keys, const Plan& plan, const MessageSizes& sizes,
                     const SessionOptions& options)
    : transport_(transport),
      options_(options),
      plan_(plan),
      sizes_(sizes),
      suite_(parameters.suite),
      header_aead_(make_bulk_aead(parameters.suite)),
      issuer_(keys, parameters.serial_bits, *header_aead_, rng_),
      endpoint_(transport, parameters, keys.front(), activity_),
      watch_(options.timeout, clock_),
      delivered_(static_cast<std::size_t>(transport.size())) {
  activity_.keep_events(parameters.trace_events);
}

Ticket OwnerLink::issue(std::uint32_t holder, std::uint32_t receiver, const MessageInfo& info,
                        std::size_t bytes) {
  const ActivityRecorder::Scope scope(activity_, Activity::kTicket);
  const auto ranks = static_cast<std::uint32_t>(transport_.size());
  std::vector<std::uint32_t> route = draw_route(ranks, options_.hops, rng_);
  const std::uint32_t cells = sizes_.cells_for(bytes);
  delivered_[receiver] += cells;
  Ticket ticket = issuer_.issue(route, receiver, cells, encode_info(info));
  if (info.label.kind != MessageKind::kTicketBook)
    passages_.add(info.label, {holder, receiver, std::move(route)});
  return ticket;
}

void OwnerLink::leave_unused(std::uint32_t receiver, std::size_t bytes) {
  delivered_[receiver] -= sizes_.cells_for(bytes);
}

void OwnerLink::expect(std::uint32_t rank, const Label& label) {
  MIXNN_CHECK(has_credit(), "a request without a credit");
  MIXNN_CHECK(under_way_.emplace(label, rank).second, "the same request twice");
  if (under_way_.size() == 1) watch_.moved();
}

void OwnerLink::launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  expect(receiver, info.label);
  endpoint_.send(issue(kOwnerRank, receiver, info, payload.size()), payload);
}

void OwnerLink::send_book(std::uint32_t receiver, ConstBytes book) {
  MessageInfo info;
  info.label.kind =
      MessageKind::kTicketBook;  // no number: a gap would tell of books to other hosts
  endpoint_.send(issue(kOwnerRank, receiver, info, book.size()), book);
}

Message OwnerLink::wait(FunctionRef<bool()> meanwhile) {
  for (;;) {
    std::optional<Message> message = step(meanwhile);
    if (!message) continue;
    if (under_way_.erase(message->info.label) == 0) throw unasked(message->info.label);
    passages_.ended(message->info.label);
    return std::move(*message);
  }
}

std::optional<Message> OwnerLink::step(FunctionRef<bool()> meanwhile) {
  if (std::optional<Message> message = endpoint_.next()) {
    const auto take = [&](auto of_kind) { on(of_kind, *message); };
    if (!visit_kind<Recipient::kOwner>(message->info.label.kind, take)) return message;
    endpoint_.recycle(std::move(message->payload));
    return std::nullopt;
  }
  const bool any = endpoint_.poll();
  if (endpoint_.lost()) throw lost_cell(kOwnerRank, *endpoint_.lost());
  if (std::exchange(taken_, endpoint_.taken()) != endpoint_.taken())
    watch_.moved();
  else
    check_timeout();  // also while junk comes
  if (any)
    transport_.turns().busy();
  else if (transport_.turns().core_wanted() || !meanwhile())
    wait_a_little();
  return std::nullopt;
}

std::string OwnerLink::role_of(std::uint32_t rank) const {
  if (rank == kOwnerRank) return "owner";
  return plan_.hosts(rank) ? "stage host" : "relay";
}

RunError OwnerLink::lost_cell(std::uint32_t refused_by, const LostCell& lost) const {
  return RunError("rank " + std::to_string(refused_by) + " (" + role_of(refused_by) + ") " +
                  lost_text(lost, options_.hops, refused_by));
}

// Who has a ticket for an answer ahead of its question may use it, and so may any host before it on
// the way: what follows from that looks the same here.
RunError OwnerLink::unasked(const Label& label) const {
  std::string hosts;
  for (std::size_t stage = 0; stage < plan_.stages; ++stage)
    hosts += (stage > 0 ? ", " : "") + std::to_string(plan_.places[stage]);
  return RunError("an answer came to no question: " + to_string(label) +
                  "; a host of a stage (ranks " + hosts + ") did not wait to be asked");
}

void OwnerLink::wait_a_little() {
  const ActivityRecorder::Scope waiting(activity_, Activity::kWait);
  transport_.turns().idle(false);
}

void OwnerLink::on(OfKind<MessageKind::kReport>, const Message& message) {
  const std::uint32_t rank = message.info.label.part;
  const std::optional<Report> report = decode<Report>(message.payload.bytes());
  if (!report) throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
  if (report->lost.why != 0) throw lost_cell(rank, report->lost);
  if (report->type == Report::Type::kError)
    throw RunError("rank " + std::to_string(rank) + " (" + role_of(rank) + ") " + report->error);
  reports_[rank] = *report;
  const auto awaited = awaited_.find(rank);  // of an epoch, it carries half of a fresh agreement
  const bool agrees = awaited != awaited_.end() && awaited->second.asked == MessageKind::kEpoch;
  if (was_awaited(message.info.label) && agrees && !issuer_.agree(rank, report->fresh_key))
    throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
}

// An answer to a control message, from the rank that it was asked of.
template <class Kind>
typename Kind::Payload OwnerLink::answer_of(Kind kind, const Message& message) {
  const std::string from = "rank " + std::to_string(message.info.label.part) + " sent ",
                    what = std::string(" (") + kind.kName + ")";
  std::optional<typename Kind::Payload> answer =
      decode<typename Kind::Payload>(message.payload.bytes());
  if (!answer) throw RunError(from + "a malformed answer" + what);
  if (!was_awaited(message.info.label))
    throw RunError(from + "an answer that it was not asked for" + what);
  return std::move(*answer);
}

void OwnerLink::on(OfKind<MessageKind::kTracePart> kind, const Message& message) {
  TraceAnswer& trace = traces_[message.info.label.part];
  trace.part = answer_of(kind, message);
  trace.answered = clock_.now();
}

void OwnerLink::on(OfKind<MessageKind::kCommitment> kind, const Message& message) {
  commitments_[message.info.label.part] = answer_of(kind, message);
}

void OwnerLink::on(OfKind<MessageKind::kSquares> kind, const Message& message) {
  squares_[message.info.label.part] = answer_of(kind, message);
}

void OwnerLink::check_timeout() {
  if (!watch_.stalled()) return;
  std::vector<std::string> outstanding;
  for (const auto& [label, receiver] : under_way_) outstanding.push_back(to_string(label));
  if (outstanding.empty())
    for (const auto& [rank, awaited] : awaited_) outstanding.push_back(awaited.text(rank));
  char wait[32];
  std::snprintf(wait, sizeof wait, "%g", seconds(options_.timeout));
  throw RunError("no progress for " + std::string(wait) + " s; outstanding: " + names(outstanding) +
                 inquire());
}

// The first that hosts would do.
std::optional<Label> OwnerLink::oldest_request() const {
  if (under_way_.empty()) return std::nullopt;
  const auto key = [](const auto& request) {
    const Label& label = request.first;
    return std::tuple(label.step, label.micro_batch, label.kind, label.part);
  };
  return std::ranges::min_element(under_way_, {}, key)->first;
}

// Asks every rank what it refused, as that may be what is missing, and what it knows of the oldest
// request. Nothing else is done any more. Ranks that were told to stop have no ears for it.
std::string OwnerLink::inquire() {
  const auto ranks = static_cast<std::uint32_t>(transport_.size());
  const bool parting = std::ranges::any_of(
      awaited_, [](const auto& one) { return one.second.asked == MessageKind::kStop; });
  if (parting || issuer_.serials_left() < 2 * ranks) return {};
  const std::optional<Label> oldest = oldest_request();
  const std::vector<std::byte> about = oldest ? encode(*oldest) : std::vector<std::byte>();
  reports_.clear();
  for (std::uint32_t rank = 1; rank < ranks; ++rank)
    ask(rank, oldest ? MessageKind::kInquiry : MessageKind::kResume, about);
  StallWatch patience(std::min(kInquiry, options_.timeout), clock_);
  while (!awaited_.empty() && !patience.stalled()) {
    if (const std::optional<Message> message = endpoint_.next()) {
      if (message->info.label.kind == MessageKind::kReport)
        on(OfKind<MessageKind::kReport>(), *message);
    } else if (!endpoint_.poll()) {
      wait_a_little();
    }
  }
  std::vector<Refused> refused;
  add_refused(refused, kOwnerRank, endpoint_.refused());
  for (const auto& [rank, report] : reports_) add_refused(refused, rank, report.refused);
  std::vector<std::string> said;
  if (!refused.empty()) said.push_back(refused_text(refused));
  if (oldest && awaited_.empty()) {  // a rank that is silent may still hold it
    std::map<std::uint32_t, Report::Known> known;
    for (const auto& [rank, report] : reports_) known[rank] = report.known;
    const std::string where = lost_request_text(*oldest, passages_.of(*oldest), known);
    if (!where.empty()) said.push_back(where);
  }
  for (const auto& [rank, awaited] : awaited_)
    said.push_back("no answer from rank " + std::to_string(rank) +
                   " (it stands still, or is cut off or flooded)");
  return said.empty() ? "" : "; " + names(said);
}

// A control message, with a ticket for its answer; one that begins an epoch has reserve tickets
// too.
Nanoseconds OwnerLink::ask(std::uint32_t rank, MessageKind kind, ConstBytes more) {
  MIXNN_CHECK(is_control(kind), "a kind for relays sent without them");
  const MessageKind answer = answer_kind(kind).value();
  const std::size_t tickets = kind == MessageKind::kEpoch ? 1 + kReserveTickets : 1;
  std::vector<std::byte> payload = control_tickets({answer, 0, 0, rank}, tickets);
  ++delivered_[rank];
  if (kind == MessageKind::kSettle) ByteWriter(payload).put(delivered_[rank]);
  if (kind == MessageKind::kEpoch) payload = with_offer(rank, std::move(payload));
  ByteWriter(payload).put_bytes(more);
  MessageInfo info;
  info.label = {kind, 0, 0, rank};
  awaited_[rank] = {kind, answer};
  const Nanoseconds now = clock_.now();
  endpoint_.send(issuer_.issue({}, rank, 1, encode_info(info)), payload);
  wipe(payload);
  return now;
}

// The payload that begins an epoch (wire/epoch_start.hpp): this side's half stands before the book.
std::vector<std::byte> OwnerLink::with_offer(std::uint32_t rank, std::vector<std::byte> book) {
  const PublicKey half = issuer_.offer(rank);
  std::vector<std::byte> start(half.size() + book.size());
  copy_bytes(half, start);
  copy_bytes(book, Bytes(start).subspan(half.size()));
  wipe(book);
  return start;
}

// A rank that settles lacks, or says that it lacks, what others relay to it.
std::string OwnerLink::Awaited::text(std::uint32_t rank) const {
  const std::string number = std::to_string(rank);
  if (asked != MessageKind::kSettle) return to_string(answer) + " of rank " + number;
  return "cells for rank " + number + ", or its word that all have come";
}

// Takes it off what is awaited.
bool OwnerLink::was_awaited(const Label& answer) {
  const auto found = awaited_.find(answer.part);
  if (found == awaited_.end() || found->second.answer != answer.kind) return false;
  awaited_.erase(found);
  return true;
}

void OwnerLink::await_answers() {
  watch_.moved();
  while (!awaited_.empty())
    if (const std::optional<Message> message = step()) throw unasked(message->info.label);
}

void OwnerLink::ask_each(MessageKind kind, ConstBytes more) {
  MIXNN_CHECK(idle(), "control with messages under way");
  for (std::uint32_t rank = 1; rank < static_cast<std::uint32_t>(transport_.size()); ++rank) {
    const Nanoseconds asked = ask(rank, kind, more);
    if (kind == MessageKind::kTrace) traces_[rank].asked = asked;
  }
  await_answers();
}

std::vector<Report> OwnerLink::ask_all(MessageKind kind) {
  reports_.clear();
  ask_each(kind);
  std::vector<Report> reports;
  for (const auto& [rank, report] : reports_) reports.push_back(report);
  return reports;
}

std::map<std::uint32_t, OwnerLink::TraceAnswer> OwnerLink::ask_trace() {
  activity_.stop_events();
  ask_each(MessageKind::kTrace);
  return std::exchange(traces_, {});
}

std::map<std::uint32_t, Commitment> OwnerLink::ask_commitments(const CommitOrder& order) {
  std::vector<std::byte> more;
  ByteWriter writer(more);
  writer.put(order.updates);
  writer.put(static_cast<std::uint8_t>(order.tensors));
  ask_each(MessageKind::kCommit, more);
  return std::exchange(commitments_, {});
}

std::map<std::uint32_t, GradientSquares> OwnerLink::ask_squares(const ClipOrder& order) {
  std::vector<std::byte> more;
  ByteWriter(more).put(order.updates);
  ask_each(MessageKind::kClip, more);
  return std::exchange(squares_, {});
}

void OwnerLink::tell_scale(const GradientScale& scale) {
  MIXNN_CHECK(idle(), "control with messages under way");
  const std::vector<std::byte> payload = encode(scale);
  for (std::uint32_t rank = 1; rank < static_cast<std::uint32_t>(transport_.size()); ++rank) {
    MessageInfo info;
    info.label = {MessageKind::kScale, 0, 0, rank};
    ++delivered_[rank];
    endpoint_.send(issuer_.issue({}, rank, 1, encode_info(info)), payload);
  }
}

std::vector<std::byte> OwnerLink::control_tickets(const Label& label, std::size_t count) {
  BookWriter book(endpoint_.body_bytes());
  for (std::size_t i = 0; i < count; ++i) {
    MessageInfo info;
    info.label = label;
    std::vector<std::byte> ticket = encode(issuer_.issue({}, kOwnerRank, 1, encode_info(info)));
    book.add(info.label, ticket);
    wipe(ticket);
  }
  const Bytes finished = book.finish();
  std::vector<std::byte> copy;
  constexpr std::size_t kMostMore = 64;       // behind the tickets
  copy.reserve(finished.size() + kMostMore);  // if it grew, keys would stay behind
  copy.assign(finished.begin(), finished.end());
  wipe(finished);
  return copy;
}

std::vector<Report> OwnerLink::begin_epoch() {
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  const std::optional<PublicKey> own = endpoint_.agree(issuer_.offer(kOwnerRank));
  MIXNN_CHECK(own && issuer_.agree(kOwnerRank, *own), "no agreement with oneself");
  return reports;
}

std::vector<Report> OwnerLink::ratchet() {
  settle();
  issuer_.ratchet();
  passages_.clear();
  serials_spent_ = 0;
  return begin_epoch();
}

std::uint64_t OwnerLink::serials_of_messages() const {
  return (std::uint64_t{1} << options_.serial_bits) - serials_needed(0, sizes_, transport_.size());
}

std::uint64_t OwnerLink::serials_of(std::uint64_t messages) const {
  return serials_needed(messages, sizes_, transport_.size()) -
         serials_needed(0, sizes_, transport_.size());
}

bool OwnerLink::has_room(std::uint64_t messages) const {
  return serials_spent_ + serials_of(messages) <= serials_of_messages();
}

void OwnerLink::make_room(std::uint64_t messages) {
  if (!has_room(messages)) ratchet();
  serials_spent_ += serials_of(messages);
}

std::size_t OwnerLink::requests_of_an_epoch(std::uint64_t messages_of_one) const {
  return std::max<std::size_t>(
      1, serials_of_messages() / (messages_of_one * sizes_.cells * kSerialsOfCell));
}

}  // namespace mixnn
