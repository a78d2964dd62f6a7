#pragma once
#include <cstddef>

#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

// One ticket book for one host, as the owner makes it: as many tickets for answers as fit into one
// message. Tickets are alike enough to be counted by the mean of a forward's and a backward's.
struct BookShape {
  double tickets = 0;
  double bytes = 0;
  double slots = 0;  // of headers, in all its tickets: what the owner's time goes into
};
// `output_bytes`, `input_bytes`: of the host's messages to the next host and to the one before.
BookShape book_shape(const MessageSizes& sizes, std::size_t hops, std::size_t output_bytes,
                     std::size_t input_bytes);

// The tickets that one host has left.
class BookSupply {
 public:
  BookSupply(double tickets_per_book, double left) : per_book_(tickets_per_book), left_(left) {}
  // Uses one ticket. True where there was none left, and a new book has to go out.
  bool use();

 private:
  double per_book_, left_;
};

}  // namespace mixnn
