#include "mixnn/forecast/book_supply.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/onion/ticket.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

BookShape book_shape(const MessageSizes& sizes, std::size_t hops, std::size_t output_bytes,
                     std::size_t input_bytes) {
  const double cells = 0.5 * (sizes.cells_for(output_bytes) + sizes.cells_for(input_bytes));
  const double ticket = static_cast<double>(BookWriter::page_overhead() + ticket_bytes(hops, 0)) +
                        cells * static_cast<double>(live_header_bytes(hops));
  const auto capacity = static_cast<double>(sizes.capacity() - BookWriter::book_overhead());
  const double tickets = std::max(1.0, std::floor(capacity / ticket));
  return {tickets, std::min(capacity, tickets * ticket),
          tickets * cells * static_cast<double>(hops + 1)};
}

bool BookSupply::use() {
  if (--left_ >= 0) return false;
  left_ += per_book_;
  return true;
}

}  // namespace mixnn
