#include "mixnn/owner/owner_link.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
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
      last_progress_(clock_.now()) {
  activity_.keep_events(parameters.trace_events);
}

Ticket OwnerLink::issue(std::uint32_t receiver, const MessageInfo& info, std::size_t bytes) {
  const ActivityRecorder::Scope scope(activity_, Activity::kTicket);
  const std::vector<std::uint32_t> route = draw_route(plan_.relays, options_.hops, rng_);
  return issuer_.issue(route, receiver, sizes_.cells_for(bytes), encode(info));
}

void OwnerLink::launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  MIXNN_CHECK(has_credit(), "a request without a credit");
  MIXNN_CHECK(under_way_.emplace(info.label, receiver).second, "the same request twice");
  if (under_way_.size() == 1) last_progress_ = clock_.now();
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
      throw RunError("an answer came to no question: " + to_string(message->info.label));
    return std::move(*message);
  }
}

std::optional<Message> OwnerLink::step(FunctionRef<bool()> meanwhile) {
  if (std::optional<Message> message = endpoint_.next()) {
    if (message->info.label.kind != MessageKind::kReport) return message;
    take_report(*message);
    endpoint_.recycle(std::move(message->payload));
    return std::nullopt;
  }
  if (endpoint_.poll()) {
    last_progress_ = clock_.now();
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

void OwnerLink::take_report(const Message& message) {
  const std::uint32_t rank = message.info.label.part;
  const std::optional<Report> report = decode_report(message.payload.bytes());
  if (!report) throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
  const bool relay =
      std::find(plan_.relays.begin(), plan_.relays.end(), rank) != plan_.relays.end();
  if (report->type == Report::Type::kError)
    throw RunError("rank " + std::to_string(rank) + (relay ? " (relay) " : " (stage host) ") +
                   report->error);
  reports_[rank] = *report;
}

void OwnerLink::check_timeout() {
  if (clock_.now() - last_progress_ < options_.timeout) return;
  std::vector<std::string> outstanding;
  for (const auto& [label, receiver] : under_way_) outstanding.push_back(to_string(label));
  const auto ranks = static_cast<std::uint32_t>(transport_.size());
  if (outstanding.empty())
    for (std::uint32_t rank = 1; rank < ranks; ++rank)
      if (!reports_.contains(rank)) outstanding.push_back("report of rank " + std::to_string(rank));
  char wait[32];
  std::snprintf(wait, sizeof wait, "%g", seconds(options_.timeout));
  throw RunError("no progress for " + std::string(wait) + " s; outstanding: " + names(outstanding));
}

void OwnerLink::control(std::uint32_t rank, MessageKind kind, ConstBytes payload) {
  MessageInfo info;
  info.label = {kind, 0, 0, rank};
  endpoint_.send(issuer_.issue({}, rank, 1, encode(info)), payload);
}

std::vector<Report> OwnerLink::ask_all(MessageKind kind) {
  MIXNN_CHECK(idle(), "control with messages under way");
  const std::size_t tickets = kind == MessageKind::kEpoch ? 1 + kReserveTickets : 1;
  reports_.clear();
  for (std::uint32_t rank = 1; rank < static_cast<std::uint32_t>(transport_.size()); ++rank) {
    std::vector<std::byte> book = control_tickets({MessageKind::kReport, 0, 0, rank}, tickets);
    control(rank, kind, book);
    wipe(book);
  }
  return await_reports();
}

std::vector<Report> OwnerLink::await_reports() {
  last_progress_ = clock_.now();
  while (reports_.size() + 1 < static_cast<std::size_t>(transport_.size())) {
    const std::optional<Message> message = step();
    if (message) throw RunError("an answer came to no question: " + to_string(message->info.label));
  }
  std::vector<Report> reports;
  for (const auto& [rank, report] : reports_) reports.push_back(report);
  return reports;
}

std::map<std::uint32_t, OwnerLink::TraceAnswer> OwnerLink::ask_trace() {
  MIXNN_CHECK(idle(), "control with messages under way");
  activity_.stop_events();
  reports_.clear();
  const auto ranks = static_cast<std::uint32_t>(transport_.size());
  std::map<std::uint32_t, TraceAnswer> answers;
  std::map<std::uint32_t, Nanoseconds> asked;
  for (std::uint32_t rank = 1; rank < ranks; ++rank) {
    std::vector<std::byte> book = control_tickets({MessageKind::kTracePart, 0, 0, rank}, 1);
    asked[rank] = clock_.now();
    control(rank, MessageKind::kTrace, book);
    wipe(book);
  }
  last_progress_ = clock_.now();
  while (answers.size() + 1 < ranks) {
    std::optional<Message> message = step();
    if (!message) continue;
    const Label& label = message->info.label;
    std::optional<TracePart> part = decode_trace_part(message->payload.bytes());
    if (label.kind != MessageKind::kTracePart || !part)
      throw RunError("rank " + std::to_string(label.part) + " sent a malformed trace");
    answers[label.part] = {std::move(*part), asked[label.part], clock_.now()};
    reports_[label.part] = {};
    endpoint_.recycle(std::move(message->payload));
  }
  return answers;
}

std::vector<std::byte> OwnerLink::control_tickets(const Label& label, std::size_t count) {
  BookWriter book(endpoint_.body_bytes());
  for (std::size_t i = 0; i < count; ++i) {
    MessageInfo info;
    info.label = label;
    std::vector<std::byte> ticket;
    ticket.reserve(mixnn::ticket_bytes(0, 1));
    write_ticket(issuer_.issue({}, kOwnerRank, 1, encode(info)), ticket);
    book.add(info.label, ticket);
    wipe(ticket);
  }
  const Bytes finished = book.finish();
  std::vector<std::byte> copy(finished.begin(), finished.end());
  wipe(finished);
  return copy;
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
