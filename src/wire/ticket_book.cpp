#include "mixnn/wire/ticket_book.hpp"

#include <algorithm>

namespace mixnn {

// All memory at once: a book that grew would leave pieces with keys behind, where nobody can wipe
// them.
BookWriter::BookWriter(std::size_t capacity)
    : memory_(capacity), size_(book_overhead()), written_(size_) {}

bool BookWriter::fits(std::size_t ticket_bytes) const {
  return size_ + page_overhead() + ticket_bytes <= memory_.size();
}

void BookWriter::add(const Label& label, ConstBytes ticket) {
  MIXNN_CHECK(fits(ticket.size()), "a page past the end of its book");
  const std::size_t page =
      encode_to(BookPage{label, ticket}, memory_.bytes().subspan(written_)).size();
  written_ += page;
  size_ += page;
  ++count_;
}

void BookWriter::leave_out(std::size_t ticket_bytes) {
  MIXNN_CHECK(fits(ticket_bytes), "a page past the end of its book");
  size_ += page_overhead() + ticket_bytes;
}

Bytes BookWriter::finish() {
  std::memcpy(memory_.data(), &count_, sizeof count_);  // of the list of pages
  std::ranges::fill(memory_.bytes().subspan(written_, size_ - written_), std::byte{0});
  return memory_.bytes().first(size_);
}

}  // namespace mixnn
