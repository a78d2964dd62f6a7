#include "mixnn/owner/book_keeper.hpp"

#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

BookKeeper::BookKeeper(OwnerLink& link, const Traffic& traffic,
                       const std::vector<std::uint32_t>& hosts)
    : link_(link), traffic_(traffic), hosts_(hosts), by_stage_(traffic.stages()) {
  for (const MessageInfo& request : traffic.requests())
    index_.emplace(request.label, index_.size());
  MIXNN_CHECK(index_.size() == traffic.requests().size(), "two requests under one label");
}

bool BookKeeper::cover(const Label& request) {
  const std::size_t index = index_.at(request);
  bool all = true;
  for (std::size_t stage = 0; stage < by_stage_.size(); ++stage) {
    send_ahead(stage);
    all = all && by_stage_[stage].first_not_sent() > index;
  }
  return all;
}

void BookKeeper::ended(const Label& request) {
  const std::size_t index = index_.at(request);
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
  while (host.next < traffic_.requests().size() && !traffic_.answer(stage, host.next)) ++host.next;
}

// False where the book is full, or no request is left.
bool BookKeeper::write_page(std::size_t stage) {
  Host& host = by_stage_[stage];
  skip_to_answer(stage);
  if (host.next == traffic_.requests().size()) return false;
  const MessageInfo& info = traffic_.requests()[host.next];
  const Traffic::Answer answer = traffic_.answer(stage, host.next).value();
  if (!host.draft)
    host.draft.emplace(Draft{BookWriter(link_.message_capacity()), {host.next, host.next}});
  BookWriter& pages = host.draft->pages;
  const std::size_t bytes = link_.ticket_bytes(answer.bytes);
  if (!pages.fits(bytes)) return false;
  ticket_.resize(bytes);
  pages.add(info.label, encode_to(link_.issue(answer.receiver, info, answer.bytes), ticket_));
  wipe(ticket_);
  host.draft->covers.last = host.next++;
  return true;
}

bool BookKeeper::write_ahead() {
  std::size_t least = by_stage_.size();
  for (std::size_t stage = 0; stage < by_stage_.size(); ++stage)
    if (!by_stage_[stage].full &&
        (least == by_stage_.size() || by_stage_[stage].next < by_stage_[least].next))
      least = stage;
  if (least == by_stage_.size()) return false;
  by_stage_[least].full = !write_page(least);
  return true;
}

bool BookKeeper::send_book(std::size_t stage) {
  Host& host = by_stage_[stage];
  while (write_page(stage)) {
  }
  host.full = false;
  if (!host.draft || host.draft->pages.empty()) return false;
  const Bytes finished = host.draft->pages.finish();
  link_.send_book(hosts_[stage], finished);
  wipe(finished);
  host.under_way.push_back(host.draft->covers);
  host.draft.reset();
  return true;
}

BookKeeper::~BookKeeper() {
  for (Host& host : by_stage_)
    if (host.draft) wipe(host.draft->pages.finish());
}

}  // namespace mixnn
