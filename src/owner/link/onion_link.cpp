#include "mixnn/owner/link/onion_link.hpp"

#include <algorithm>

#include "mixnn/owner/link/book_keeper.hpp"
#include "mixnn/session/route.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

OnionLink::OnionLink(Transport& transport, const RunParameters& parameters,
                     std::vector<EpochKeys> keys, const Plan& plan, const MessageSizes& sizes,
                     const SessionOptions& options)
    : OwnerLink(transport, parameters, plan, options),
      sizes_(sizes),
      header_aead_(make_bulk_aead(parameters.suite)),
      issuer_(keys, parameters.serial_bits, *header_aead_, rng_),
      endpoint_(transport, parameters, keys.front(), activity_),
      delivered_(ranks()) {}

Ticket OnionLink::issue(std::uint32_t holder, std::uint32_t receiver, const MessageInfo& info,
                        std::size_t bytes) {
  const ActivityRecorder::Scope scope(activity_, Activity::kTicket);
  std::vector<std::uint32_t> route = draw_route(ranks(), options_.hops, rng_);
  const std::uint32_t cells = sizes_.cells_for(bytes);
  delivered_[receiver] += cells;
  Ticket ticket = issuer_.issue(route, receiver, cells, encode_info(info));
  if (info.label.kind != MessageKind::kTicketBook)
    passages_.add(info.label, {holder, receiver, std::move(route)});
  return ticket;
}

void OnionLink::leave_unused(std::uint32_t receiver, std::size_t bytes) {
  delivered_[receiver] -= sizes_.cells_for(bytes);
}

void OnionLink::send_book(std::uint32_t receiver, ConstBytes book) {
  MessageInfo info;
  info.label.kind =
      MessageKind::kTicketBook;  // no number: a gap would tell of books to other hosts
  send(receiver, info, book);
}

void OnionLink::send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  endpoint_.send(issue(kOwnerRank, receiver, info, payload.size()), payload);
}

std::size_t OnionLink::expect(std::uint32_t rank, std::span<const Label> labels) {
  BookWriter book(message_capacity());
  const std::size_t bytes = ticket_bytes(message_capacity());
  std::vector<std::byte> ticket;
  std::size_t count = 0;
  for (; count < labels.size() && has_credit() && book.fits(bytes); ++count) {
    const MessageInfo info{.label = labels[count]};
    ticket.resize(bytes);
    book.add(info.label, encode_to(issue(rank, kOwnerRank, info, message_capacity()), ticket));
    wipe(ticket);
    begin(rank, info.label);
  }
  const Bytes finished = book.finish();
  send_book(rank, finished);
  wipe(finished);
  return count;
}

std::unique_ptr<Supply> OnionLink::supply(const Traffic& traffic,
                                          const std::vector<std::uint32_t>& places) {
  return std::make_unique<BookKeeper>(*this, traffic, places);
}

Nanoseconds OnionLink::send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) {
  ++delivered_[rank];
  std::vector<std::byte> payload;
  if (const std::optional<MessageKind> answer = answer_kind(kind)) {
    const std::size_t tickets = kind == MessageKind::kEpoch ? 1 + kReserveTickets : 1;
    payload = control_tickets({*answer, 0, 0, rank}, tickets);
  }
  if (kind == MessageKind::kSettle) ByteWriter(payload).put(delivered_[rank]);
  if (kind == MessageKind::kEpoch) payload = with_offer(rank, std::move(payload));
  ByteWriter(payload).put_bytes(fields);
  MessageInfo info;
  info.label = {kind, 0, 0, rank};
  const Nanoseconds now = clock_.now();
  endpoint_.send(issuer_.issue({}, rank, 1, encode_info(info)), payload);
  wipe(payload);
  return now;
}

// The payload that begins an epoch (wire/epoch_start.hpp): this side's half stands before the book.
std::vector<std::byte> OnionLink::with_offer(std::uint32_t rank, std::vector<std::byte> book) {
  const PublicKey half = issuer_.offer(rank);
  std::vector<std::byte> start(half.size() + book.size());
  copy_bytes(half, start);
  copy_bytes(book, Bytes(start).subspan(half.size()));
  wipe(book);
  return start;
}

std::vector<std::byte> OnionLink::control_tickets(const Label& label, std::size_t count) {
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
  constexpr std::size_t kMostFields = 64;       // behind the tickets
  copy.reserve(finished.size() + kMostFields);  // if it grew, keys would stay behind
  copy.assign(finished.begin(), finished.end());
  wipe(finished);
  return copy;
}

std::vector<Report> OnionLink::begin_epoch() {
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  const std::optional<PublicKey> own = endpoint_.agree(issuer_.offer(kOwnerRank));
  MIXNN_CHECK(own && issuer_.agree(kOwnerRank, *own), "no agreement with oneself");
  return reports;
}

std::vector<Report> OnionLink::ratchet() {
  settle();
  issuer_.ratchet();
  passages_.clear();
  serials_spent_ = 0;
  return begin_epoch();
}

std::uint64_t OnionLink::serials_of_messages() const {
  return (std::uint64_t{1} << options_.serial_bits) - serials_needed(0, sizes_, transport_.size());
}

std::uint64_t OnionLink::serials_of(std::uint64_t messages) const {
  return serials_needed(messages, sizes_, transport_.size()) -
         serials_needed(0, sizes_, transport_.size());
}

bool OnionLink::has_room(std::uint64_t messages) const {
  return serials_spent_ + serials_of(messages) <= serials_of_messages();
}

std::size_t OnionLink::requests_of_an_epoch(std::uint64_t messages_of_one) const {
  return std::max<std::size_t>(
      1, serials_of_messages() / (messages_of_one * sizes_.cells * kSerialsOfCell));
}

}  // namespace mixnn
