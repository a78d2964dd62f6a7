#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "mixnn/message/description.hpp"
#include "mixnn/role/owner_link.hpp"

namespace mixnn {

// The answers that one segment of traffic will ask of the hosts. A segment is a sequence of chains, released in order; a
// chain is what one micro-batch, test chunk or part of parameters needs from beginning to end. Pure.
class Traffic {
 public:
  struct Answer {
    MessageInfo info;
    std::uint32_t receiver = 0;  // rank
    std::size_t bytes = 0;
  };
  virtual ~Traffic() = default;
  virtual std::size_t chains() const = 0;
  virtual std::size_t stages() const = 0;
  // Appends what `stage` answers in `chain`, in order.
  virtual void answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const = 0;
};

// Sends the hosts their tickets ahead of need, in books that are as full as may be, and never more than kBooksUnderWay to
// one host of which no ticket has been seen used. Covers exactly its segment: once all chains have ended, every book has
// arrived and every ticket is used, so that the epoch may end.
class BookKeeper {
 public:
  // `hosts`: rank by stage. Both must outlive the keeper.
  BookKeeper(OwnerLink& link, const Traffic& traffic, const std::vector<std::uint32_t>& hosts);

  // Whether all hosts have been sent the tickets of this chain. Sends what may be sent.
  bool cover(std::size_t chain);
  void ended(std::size_t chain);

 private:
  struct Book {
    std::size_t first_chain, last_chain;  // of its pages
  };
  struct Host {
    std::deque<std::pair<std::size_t, Traffic::Answer>> queue;  // of the next book, with chain
    std::size_t next_chain = 0;                                 // not yet in the queue
    std::deque<Book> under_way;
    std::size_t covered(std::size_t all) const { return queue.empty() ? all : queue.front().first; }
  };
  void send_ahead(std::size_t stage);
  void refill(std::size_t stage);
  bool send_book(std::size_t stage);

  OwnerLink& link_;
  const Traffic& traffic_;
  const std::vector<std::uint32_t>& hosts_;
  std::vector<Host> by_stage_;
};

}  // namespace mixnn
