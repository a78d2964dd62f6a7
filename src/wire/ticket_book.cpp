#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// All memory at once: a book that grew would leave pieces with keys behind, where nobody can wipe
// them.
BookWriter::BookWriter(std::size_t capacity) : capacity_(capacity) {
  out_.reserve(capacity);
  ByteWriter(out_).put(std::uint32_t{0});
}

bool BookWriter::fits(std::size_t ticket_bytes) const {
  return out_.size() + kPageOverhead + ticket_bytes <= capacity_;
}

void BookWriter::add(const Label& label, ConstBytes ticket) {
  MIXNN_CHECK(fits(ticket.size()), "a page past the end of its book");
  ByteWriter writer(out_);
  writer.put(label.kind);
  writer.put(label.step);
  writer.put(label.micro_batch);
  writer.put(label.part);
  writer.put_sized(ticket);
  ++count_;
}

Bytes BookWriter::finish() {
  std::memcpy(out_.data(), &count_, sizeof count_);
  return out_;
}

std::optional<std::vector<BookPage>> read_book(ConstBytes book) {
  ByteReader reader(book);
  const auto count = reader.get<std::uint32_t>();
  std::vector<BookPage> pages;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    BookPage page;
    page.label.kind = reader.get<MessageKind>();
    page.label.step = reader.get<std::uint32_t>();
    page.label.micro_batch = reader.get<std::uint32_t>();
    page.label.part = reader.get<std::uint32_t>();
    page.ticket = reader.get_sized();
    pages.push_back(page);
  }
  if (!reader.ok()) return std::nullopt;
  return pages;
}

}  // namespace mixnn
