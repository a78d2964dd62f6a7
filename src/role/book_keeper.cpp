#include "mixnn/role/book_keeper.hpp"

#include "mixnn/message/ticket_book.hpp"

namespace mixnn {

BookKeeper::BookKeeper(OwnerLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& hosts)
    : link_(link), traffic_(traffic), hosts_(hosts), by_stage_(traffic.stages()) {
  for (const MessageInfo& exchange : traffic.exchanges()) index_.emplace(exchange.label, index_.size());
  MIXNN_CHECK(index_.size() == traffic.exchanges().size(), "two exchanges under one label");
}

bool BookKeeper::cover(const Label& exchange) {
  const std::size_t index = index_.at(exchange);
  bool all = true;
  for (std::size_t stage = 0; stage < by_stage_.size(); ++stage) {
    send_ahead(stage);
    all = all && by_stage_[stage].next > index;
  }
  return all;
}

void BookKeeper::ended(const Label& exchange) {
  const std::size_t index = index_.at(exchange);
  for (std::size_t stage = 0; stage < by_stage_.size(); ++stage)
    if (traffic_.answer(stage, index))
      std::erase_if(by_stage_[stage].under_way,
                    [&](const Book& book) { return book.first <= index && index <= book.last; });
}

void BookKeeper::send_ahead(std::size_t stage) {
  skip_to_answer(stage);
  while (by_stage_[stage].under_way.size() < kBooksUnderWay && send_book(stage)) {
  }
}

void BookKeeper::skip_to_answer(std::size_t stage) {
  Host& host = by_stage_[stage];
  while (host.next < traffic_.exchanges().size() && !traffic_.answer(stage, host.next)) ++host.next;
}

bool BookKeeper::send_book(std::size_t stage) {
  Host& host = by_stage_[stage];
  BookWriter book(link_.message_capacity());
  std::vector<std::byte> ticket;
  Book sent{host.next, host.next};
  for (; host.next < traffic_.exchanges().size(); ++host.next, skip_to_answer(stage)) {
    const MessageInfo& info = traffic_.exchanges()[host.next];
    const Traffic::Answer answer = traffic_.answer(stage, host.next).value();
    if (!book.fits(link_.ticket_bytes(answer.bytes))) break;
    wipe(ticket);
    ticket.clear();
    ticket.reserve(link_.ticket_bytes(answer.bytes));
    write_ticket(link_.issue(answer.receiver, info, answer.bytes), ticket);
    book.add(info.label, ticket);
    sent.last = host.next;
  }
  wipe(ticket);
  if (book.empty()) return false;
  const Bytes finished = book.finish();
  link_.send_book(hosts_[stage], finished);
  wipe(finished);
  host.under_way.push_back(sent);
  return true;
}

}  // namespace mixnn
