#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "mixnn/owner/owner_link.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The requests of one segment of traffic, in an order in which they can be released, and the
// answers that they ask of the hosts. A request is one message of the owner, passed on under one
// label until an answer is back at the owner. Pure.
class Traffic {
 public:
  // No ticket: the page of a decoy's book, which is as large and empty.
  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  struct Answer {
    std::uint32_t receiver = 0;  // rank, or kNobody
    std::size_t bytes = 0;
  };
  virtual ~Traffic() = default;
  virtual std::size_t places() const = 0;
  virtual const std::vector<MessageInfo>& requests() const = 0;
  // Messages of one request at most, with the books that it may need: from public numbers alone.
  virtual std::uint64_t messages_of_one() const = 0;
  // What the rank at `place` answers in request `index`, if anything.
  virtual std::optional<Answer> answer(std::size_t place, std::size_t index) const = 0;
};

// Sends all ranks their tickets ahead of need, in books that are as full as may be, and never more
// than kBooksUnderWay to one rank of which no request has ended. Covers exactly its segment: once
// all requests have ended, every ticket is used and every book with tickets has arrived. (Those
// without may still be on their way: OwnerLink::settle.) The order of the places in each round is
// drawn at random, so that it tells nothing of the stages.
//
// A full book takes as long as a step or so to write, so it is written page by page in spare time,
// before it is needed.
class BookKeeper {
 public:
  // `places`: rank by place. All must outlive the keeper.
  BookKeeper(OwnerLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& places);

  // Whether all ranks have been sent the tickets of this request; sends what may be sent. The
  // earliest request that has not ended is always covered as soon as all before it have.
  bool cover(const Label& request);
  void ended(const Label& request);
  // The requests that have not ended never begin. Their tickets are void once keys change, which
  // must come next; nothing may be under way.
  void leave_unused();
  // Writes a page of a coming book: some microseconds' work. False where all books are full, or
  // cover all.
  bool write_ahead();

  ~BookKeeper();
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
  struct Supply {
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

  OwnerLink& link_;
  const Traffic& traffic_;
  const std::vector<std::uint32_t>& places_;
  std::vector<std::size_t> order_;  // of the places, at random
  std::map<Label, std::size_t> index_;
  std::vector<Supply> by_place_;
  std::size_t ended_ = 0;          // requests
  std::vector<std::byte> ticket_;  // of the page that is written
};

}  // namespace mixnn
