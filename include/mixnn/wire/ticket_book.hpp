#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "mixnn/wire/description.hpp"

namespace mixnn {

// A ticket book as bytes: u32 count, then for each page its label (13 bytes) and the ticket, sized
// and opaque here.
struct BookPage {
  Label label;
  ConstBytes ticket;  // a view into the book
};

class BookWriter {
 public:
  explicit BookWriter(std::size_t capacity);  // bytes of one message
  static constexpr std::size_t kBookOverhead = 4, kPageOverhead = 17;

  bool fits(std::size_t ticket_bytes) const;
  void add(const Label& label, ConstBytes ticket);
  bool empty() const { return count_ == 0; }
  Bytes finish();  // the book; the caller wipes it once it is sent, for tickets hold keys

 private:
  std::vector<std::byte> out_;
  std::size_t capacity_;
  std::uint32_t count_ = 0;
};

// The pages of a book; nothing where it is malformed. What follows the last page is padding.
std::optional<std::vector<BookPage>> read_book(ConstBytes book);

}  // namespace mixnn
