#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// All memory at once: a book that grew would leave pieces with keys behind, where nobody can wipe
// them.
BookWriter::BookWriter(std::size_t capacity) : memory_(capacity), size_(book_overhead()) {}

bool BookWriter::fits(std::size_t ticket_bytes) const {
  return size_ + page_overhead() + ticket_bytes <= memory_.size();
}

void BookWriter::add(const Label& label, ConstBytes ticket) {
  MIXNN_CHECK(fits(ticket.size()), "a page past the end of its book");
  size_ += encode_to(BookPage{label, ticket}, memory_.bytes().subspan(size_)).size();
  ++count_;
}

Bytes BookWriter::finish() {
  std::memcpy(memory_.data(), &count_, sizeof count_);  // of the list of pages
  return memory_.bytes().first(size_);
}

}  // namespace mixnn
