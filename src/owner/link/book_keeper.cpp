#include "mixnn/owner/link/book_keeper.hpp"

#include <numeric>

#include "mixnn/base/random.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

BookKeeper::BookKeeper(OnionLink& link, const Traffic& traffic,
                       const std::vector<std::uint32_t>& places)
    : link_(link), traffic_(traffic), places_(places), by_place_(traffic.places()) {
  order_.resize(places.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Csprng rng;
  shuffle(std::span(order_), rng);
  for (const MessageInfo& request : traffic.requests())
    index_.emplace(request.label, index_.size());
  MIXNN_CHECK(index_.size() == traffic.requests().size(), "two requests under one label");
}

bool BookKeeper::cover(const Label& request) {
  const std::size_t index = index_.at(request);
  bool all = true;
  for (const std::size_t place : order_) {
    send_ahead(place);
    all = all && by_place_[place].first_not_sent() > index;
  }
  return all;
}

void BookKeeper::ended(const Label& request) {
  const std::size_t index = index_.at(request);
  ++ended_;
  for (const std::size_t place : order_)
    if (traffic_.answer(place, index))
      std::erase_if(by_place_[place].under_way,
                    [&](const Book& book) { return book.first <= index && index <= book.last; });
}

void BookKeeper::leave_unused() {
  for (const std::size_t place : order_)
    for (std::size_t i = ended_; i < by_place_[place].next; ++i)
      if (const auto answer = traffic_.answer(place, i);
          answer && answer->receiver != Traffic::kNobody)
        link_.leave_unused(answer->receiver, answer->bytes);
}

void BookKeeper::send_ahead(std::size_t place) {
  skip_to_answer(place);
  while (by_place_[place].under_way.size() < kBooksUnderWay && send_book(place)) {
  }
}

void BookKeeper::skip_to_answer(std::size_t place) {
  Shelf& shelf = by_place_[place];
  while (shelf.next < traffic_.requests().size() && !traffic_.answer(place, shelf.next))
    ++shelf.next;
}

// False where the book is full, or no request is left.
bool BookKeeper::write_page(std::size_t place) {
  Shelf& shelf = by_place_[place];
  skip_to_answer(place);
  if (shelf.next == traffic_.requests().size()) return false;
  const MessageInfo& info = traffic_.requests()[shelf.next];
  const Traffic::Answer answer = traffic_.answer(place, shelf.next).value();
  if (!shelf.draft)
    shelf.draft.emplace(Draft{BookWriter(link_.message_capacity()), {shelf.next, shelf.next}});
  BookWriter& pages = shelf.draft->pages;
  const std::size_t bytes = link_.ticket_bytes(answer.bytes);
  if (!pages.fits(bytes)) return false;
  if (answer.receiver == Traffic::kNobody) {
    pages.leave_out(bytes);
  } else {
    ticket_.resize(bytes);
    pages.add(info.label,
              encode_to(link_.issue(places_[place], answer.receiver, info, answer.bytes), ticket_));
    wipe(ticket_);
  }
  shelf.draft->covers.last = shelf.next++;
  return true;
}

bool BookKeeper::write_ahead() {
  std::size_t least = by_place_.size();
  for (const std::size_t place : order_)
    if (!by_place_[place].full &&
        (least == by_place_.size() || by_place_[place].next < by_place_[least].next))
      least = place;
  if (least == by_place_.size()) return false;
  by_place_[least].full = !write_page(least);
  return true;
}

bool BookKeeper::send_book(std::size_t place) {
  Shelf& shelf = by_place_[place];
  while (write_page(place)) {
  }
  shelf.full = false;
  if (!shelf.draft || shelf.draft->pages.empty()) return false;
  const Bytes finished = shelf.draft->pages.finish();
  link_.send_book(places_[place], finished);
  wipe(finished);
  shelf.under_way.push_back(shelf.draft->covers);
  shelf.draft.reset();
  return true;
}

BookKeeper::~BookKeeper() {
  for (Shelf& shelf : by_place_)
    if (shelf.draft) wipe(shelf.draft->pages.finish());
}

}  // namespace mixnn
