#include "mixnn/owner/owner_link.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/session/route.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kOwnerRank = 0;

std::string names(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i)
    text += (i > 0 ? "; " : "") + items[i];
  if (items.size() > kShown) text += "; and " + std::to_string(items.size() - kShown) + " more";
  return text;
}

RunError answer_to_no_question(const Label& label) {
  return RunError("an answer came to no question: " + to_string(label));
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
      watch_(options.timeout, clock_) {
  activity_.keep_events(parameters.trace_events);
}

Ticket OwnerLink::issue(std::uint32_t receiver, const MessageInfo& info, std::size_t bytes) {
  const ActivityRecorder::Scope scope(activity_, Activity::kTicket);
  const std::vector<std::uint32_t> route = draw_route(plan_.relays, options_.hops, rng_);
  return issuer_.issue(route, receiver, sizes_.cells_for(bytes), encode_info(info));
}

void OwnerLink::launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  MIXNN_CHECK(has_credit(), "a request without a credit");
  MIXNN_CHECK(under_way_.emplace(info.label, receiver).second, "the same request twice");
  if (under_way_.size() == 1) watch_.moved();
  endpoint_.send(issue(receiver, info, payload.size()), payload);
}

void OwnerLink::send_book(std::uint32_t receiver, ConstBytes book) {
  MessageInfo info;
  info.label.kind =
      MessageKind::kTicketBook;  // no number: a gap would tell of books to other hosts
  endpoint_.send(issue(receiver, info, book.size()), book);
}

Message OwnerLink::wait(FunctionRef<bool()> meanwhile) {
  for (;;) {
    std::optional<Message> message = step(meanwhile);
    if (!message) continue;
    if (under_way_.erase(message->info.label) == 0)
      throw answer_to_no_question(message->info.label);
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
  if (endpoint_.poll()) {
    watch_.moved();
    transport_.turns().busy();
  } else {
    check_timeout();
    if (transport_.turns().core_wanted() || !meanwhile()) wait_a_little();
  }
  if (endpoint_.rejection()) {
    const Endpoint::Rejection& rejection = *endpoint_.rejection();
    throw RunError("rank 0 (owner) rejected a cell from rank " + std::to_string(rejection.from) +
                   ": " + to_string(rejection.reason));
  }
  return std::nullopt;
}

void OwnerLink::wait_a_little() {
  const ActivityRecorder::Scope waiting(activity_, Activity::kWait);
  transport_.turns().idle(false);
}

void OwnerLink::on(OfKind<MessageKind::kReport>, const Message& message) {
  const std::uint32_t rank = message.info.label.part;
  const std::optional<Report> report = decode<Report>(message.payload.bytes());
  if (!report) throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
  const bool relay =
      std::find(plan_.relays.begin(), plan_.relays.end(), rank) != plan_.relays.end();
  if (report->type == Report::Type::kError)
    throw RunError("rank " + std::to_string(rank) + (relay ? " (relay) " : " (stage host) ") +
                   report->error);
  reports_[rank] = *report;
  if (was_awaited(message.info.label) && agreeing_ && !issuer_.agree(rank, report->fresh_key))
    throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
}

void OwnerLink::on(OfKind<MessageKind::kTracePart>, const Message& message) {
  const std::uint32_t rank = message.info.label.part;
  std::optional<TracePart> part = decode<TracePart>(message.payload.bytes());
  if (!part) throw RunError("rank " + std::to_string(rank) + " sent a malformed trace");
  if (!was_awaited(message.info.label)) throw answer_to_no_question(message.info.label);
  traces_[rank].part = std::move(*part);
  traces_[rank].answered = clock_.now();
}

void OwnerLink::check_timeout() {
  if (!watch_.stalled()) return;
  std::vector<std::string> outstanding;
  for (const auto& [label, receiver] : under_way_) outstanding.push_back(to_string(label));
  if (outstanding.empty())
    for (const auto& [rank, answer] : awaited_)
      outstanding.push_back(to_string(answer) + " of rank " + std::to_string(rank));
  char wait[32];
  std::snprintf(wait, sizeof wait, "%g", seconds(options_.timeout));
  throw RunError("no progress for " + std::string(wait) + " s; outstanding: " + names(outstanding));
}

// A control message, with a ticket for its answer; one that begins an epoch has reserve tickets
// too.
Nanoseconds OwnerLink::ask(std::uint32_t rank, MessageKind kind) {
  MIXNN_CHECK(is_control(kind), "a kind for relays sent without them");
  const MessageKind answer = answer_kind(kind).value();
  const std::size_t tickets = kind == MessageKind::kEpoch ? 1 + kReserveTickets : 1;
  std::vector<std::byte> book = control_tickets({answer, 0, 0, rank}, tickets);
  if (kind == MessageKind::kEpoch) book = with_offer(rank, std::move(book));
  MessageInfo info;
  info.label = {kind, 0, 0, rank};
  awaited_[rank] = answer;
  const Nanoseconds now = clock_.now();
  endpoint_.send(issuer_.issue({}, rank, 1, encode_info(info)), book);
  wipe(book);
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

// Takes it off what is awaited.
bool OwnerLink::was_awaited(const Label& answer) {
  const auto found = awaited_.find(answer.part);
  if (found == awaited_.end() || found->second != answer.kind) return false;
  awaited_.erase(found);
  return true;
}

void OwnerLink::await_answers() {
  watch_.moved();
  while (!awaited_.empty())
    if (const std::optional<Message> message = step())
      throw answer_to_no_question(message->info.label);
}

std::vector<Report> OwnerLink::ask_all(MessageKind kind) {
  MIXNN_CHECK(idle(), "control with messages under way");
  reports_.clear();
  for (std::uint32_t rank = 1; rank < static_cast<std::uint32_t>(transport_.size()); ++rank)
    ask(rank, kind);
  await_answers();
  std::vector<Report> reports;
  for (const auto& [rank, report] : reports_) reports.push_back(report);
  return reports;
}

std::map<std::uint32_t, OwnerLink::TraceAnswer> OwnerLink::ask_trace() {
  MIXNN_CHECK(idle(), "control with messages under way");
  activity_.stop_events();
  traces_.clear();
  for (std::uint32_t rank = 1; rank < static_cast<std::uint32_t>(transport_.size()); ++rank)
    traces_[rank].asked = ask(rank, MessageKind::kTrace);
  await_answers();
  return std::exchange(traces_, {});
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
  std::vector<std::byte> copy(finished.begin(), finished.end());
  wipe(finished);
  return copy;
}

std::vector<Report> OwnerLink::begin_epoch() {
  agreeing_ = true;
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  agreeing_ = false;
  const std::optional<PublicKey> own = endpoint_.agree(issuer_.offer(kOwnerRank));
  MIXNN_CHECK(own && issuer_.agree(kOwnerRank, *own), "no agreement with oneself");
  return reports;
}

std::vector<Report> OwnerLink::ratchet() {
  issuer_.ratchet();
  return begin_epoch();
}

bool OwnerLink::serials_suffice(std::uint64_t messages) const {
  return issuer_.serials_left() >= serials_needed(messages, sizes_, transport_.size());
}

void OwnerLink::make_room(std::uint64_t messages) {
  if (!serials_suffice(messages)) ratchet();
}

std::size_t OwnerLink::requests_of_an_epoch(std::uint64_t messages_of_one) const {
  const std::uint64_t control = serials_needed(0, sizes_, transport_.size());
  const std::uint64_t serials = (std::uint64_t{1} << options_.serial_bits) - control;
  return std::max<std::size_t>(1, serials / (messages_of_one * sizes_.cells));
}

}  // namespace mixnn
