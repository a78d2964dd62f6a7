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
  struct Answer {
    std::uint32_t receiver = 0;  // rank
    std::size_t bytes = 0;
  };
  virtual ~Traffic() = default;
  virtual std::size_t stages() const = 0;
  virtual const std::vector<MessageInfo>& requests() const = 0;
  // Messages of one request, with the books that it may need.
  virtual std::uint64_t messages_of_one() const = 0;
  // What `stage` answers in request `index`, if anything.
  virtual std::optional<Answer> answer(std::size_t stage, std::size_t index) const = 0;
};

// Sends the hosts their tickets ahead of need, in books that are as full as may be, and never more
// than kBooksUnderWay to one host of which no ticket has been seen used. Covers exactly its
// segment: once all requests have ended, every book has arrived and every ticket is used, so that
// the epoch may end.
//
// A full book takes as long as a step or so to write, so it is written page by page in spare time,
// before it is needed.
class BookKeeper {
 public:
  // `hosts`: rank by stage. All must outlive the keeper.
  BookKeeper(OwnerLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& hosts);

  // Whether all hosts have been sent the tickets of this request; sends what may be sent. The
  // earliest request that has not ended is always covered as soon as all before it have.
  bool cover(const Label& request);
  void ended(const Label& request);
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
  struct Host {
    std::size_t next = 0;  // the first request that no book covers, sent or draft
    std::optional<Draft> draft;
    bool full = false;  // the draft
    std::deque<Book> under_way;
    std::size_t first_not_sent() const { return draft ? draft->covers.first : next; }
  };
  void send_ahead(std::size_t stage);
  bool send_book(std::size_t stage);
  bool write_page(std::size_t stage);
  void skip_to_answer(std::size_t stage);

  OwnerLink& link_;
  const Traffic& traffic_;
  const std::vector<std::uint32_t>& hosts_;
  std::map<Label, std::size_t> index_;
  std::vector<Host> by_stage_;
  std::vector<std::byte> ticket_;  // of the page that is written
};

}  // namespace mixnn
