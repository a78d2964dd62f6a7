#include "mixnn/role/book_keeper.hpp"

#include <algorithm>

#include "mixnn/message/ticket_book.hpp"

namespace mixnn {

BookKeeper::BookKeeper(OwnerLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& hosts)
    : link_(link), traffic_(traffic), hosts_(hosts), by_stage_(traffic.stages()) {}

bool BookKeeper::cover(std::size_t chain) {
  bool all = true;
  for (std::size_t stage = 0; stage < by_stage_.size(); ++stage) {
    send_ahead(stage);
    const Host& host = by_stage_[stage];
    all = all && host.covered(host.next_chain) > chain;
  }
  return all;
}

void BookKeeper::ended(std::size_t chain) {
  for (Host& host : by_stage_)
    std::erase_if(host.under_way,
                  [&](const Book& book) { return book.first_chain <= chain && chain <= book.last_chain; });
}

void BookKeeper::send_ahead(std::size_t stage) {
  while (by_stage_[stage].under_way.size() < kBooksUnderWay && send_book(stage)) {
  }
  refill(stage);
}

// Looks ahead until there is something to put into a book: a stage may have nothing to say in many chains.
void BookKeeper::refill(std::size_t stage) {
  Host& host = by_stage_[stage];
  std::vector<Traffic::Answer> answers;
  while (host.queue.empty() && host.next_chain < traffic_.chains()) {
    answers.clear();
    traffic_.answers(stage, host.next_chain, answers);
    for (const Traffic::Answer& answer : answers) host.queue.emplace_back(host.next_chain, answer);
    ++host.next_chain;
  }
}

bool BookKeeper::send_book(std::size_t stage) {
  Host& host = by_stage_[stage];
  BookWriter book(link_.message_capacity());
  std::vector<std::byte> ticket;
  Book sent{traffic_.chains(), 0};
  for (refill(stage); !host.queue.empty(); refill(stage)) {
    const auto& [chain, answer] = host.queue.front();
    if (!book.fits(link_.ticket_bytes(answer.bytes))) break;
    ticket.clear();
    write_ticket(link_.issue(answer.receiver, answer.info, answer.bytes), ticket);
    book.add(answer.info.label, ticket);
    sent.first_chain = std::min(sent.first_chain, chain);
    sent.last_chain = std::max(sent.last_chain, chain);
    host.queue.pop_front();
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
