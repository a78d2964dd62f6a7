#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "mixnn/owner/link/onion_link.hpp"
#include "mixnn/owner/traffic.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// Sends all ranks their tickets ahead of need, in books that are as full as may be, and never more
// than kBooksUnderWay to one rank of which no request has ended. Covers exactly its segment: once
// all requests have ended, every ticket is used and every book with tickets has arrived. (Those
// without may still be on their way: OwnerLink::settle.) The order of the places in each round is
// drawn at random, so that it tells nothing of the stages.
//
// A full book takes as long as a step or so to write, so it is written page by page in spare time,
// before it is needed.
class BookKeeper final : public Supply {
 public:
  // `places`: rank by place. All must outlive the keeper.
  BookKeeper(OnionLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& places);
  ~BookKeeper() override;

  bool cover(const Label& request) override;
  void ended(const Label& request) override;
  void leave_unused() override;
  bool write_ahead() override;  // a page; nothing to do where all books are full, or cover all

  BookKeeper(const BookKeeper&) = delete;
  BookKeeper& operator=(const BookKeeper&) = delete;

 private:
  struct Book {
    std::size_t first, last;  // requests of its pages
  };
  struct Draft {
    BookWriter pages;
    Book covers;
  };
  struct Shelf {           // the books of one place
    std::size_t next = 0;  // the first request that no book covers, sent or draft
    std::optional<Draft> draft;
    bool full = false;  // the draft
    std::deque<Book> under_way;
    std::size_t first_not_sent() const { return draft ? draft->covers.first : next; }
  };
  void send_ahead(std::size_t place);
  bool send_book(std::size_t place);
  bool write_page(std::size_t place);
  void skip_to_answer(std::size_t place);

  OnionLink& link_;
  const Traffic& traffic_;
  const std::vector<std::uint32_t>& places_;
  std::vector<std::size_t> order_;  // of the places, at random
  std::map<Label, std::size_t> index_;
  std::vector<Shelf> by_place_;
  std::size_t ended_ = 0;          // requests
  std::vector<std::byte> ticket_;  // of the page that is written
};

}  // namespace mixnn
