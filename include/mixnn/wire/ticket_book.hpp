#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// One ticket, sized and opaque here, and the label of the message that it is for.
struct BookPage {
  Label label;
  ConstBytes ticket;  // a view into the book
};
void describe(auto& codec, Of<BookPage> auto& page) {
  codec.nested(page.label);
  codec.sized(page.ticket);
}

// The payload of many kinds: tickets for answers.
struct TicketBook {
  std::vector<BookPage> pages;
};
void describe(auto& codec, Of<TicketBook> auto& book) { codec.list(book.pages); }

// Makes a book of one message page by page.
class BookWriter {
 public:
  explicit BookWriter(std::size_t capacity);  // bytes of the message

  bool fits(std::size_t ticket_bytes) const;
  void add(const Label& label, ConstBytes ticket);
  // The book becomes as large as with such a page, but holds none: at its end there are zeros.
  void leave_out(std::size_t ticket_bytes);
  bool empty() const { return size_ == book_overhead(); }  // as large as a book of no pages
  Bytes finish();  // the book; the caller wipes it once it is sent, for tickets hold keys

  static std::size_t book_overhead() { return encoded_size(TicketBook{}); }
  static std::size_t page_overhead() { return encoded_size(BookPage{}); }

 private:
  AlignedBuffer memory_;
  std::size_t size_ = 0;     // of the book, what is left out included
  std::size_t written_ = 0;  // bytes
  std::uint32_t count_ = 0;
};

}  // namespace mixnn
