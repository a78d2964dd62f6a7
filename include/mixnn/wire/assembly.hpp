#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Cutting: cell `index` of a message carries bytes [index * body, (index + 1) * body) of it, the
// last ones fewer or none.
std::size_t cells_for(std::size_t message_bytes, std::size_t body_bytes);  // at least 1
ConstBytes payload_of(ConstBytes message, std::size_t index, std::size_t body_bytes);

// Joining: a message whose cells come in any order, each opened straight to its place.
class Assembly {
 public:
  Assembly() = default;
  // `buffer` holds at least cells x body_bytes.
  Assembly(AlignedBuffer buffer, std::size_t cells, std::size_t body_bytes);

  std::size_t cells() const { return arrived_.size(); }
  bool has(std::size_t index) const { return arrived_[checked(index)]; }
  Bytes place(std::size_t index);        // where the payload of this cell goes
  bool mark_arrived(std::size_t index);  // true when the message is complete
  AlignedBuffer take() { return std::move(buffer_); }

 private:
  std::size_t checked(std::size_t index) const {
    MIXNN_CHECK(index < arrived_.size(), "a cell past the end of a message");
    return index;
  }

  AlignedBuffer buffer_;
  std::size_t body_bytes_ = 0;
  std::size_t missing_ = 0;
  std::vector<bool> arrived_;
};

// Message buffers that are used again: what is put back is given out before anything is allocated.
// Not thread-safe.
class BufferStock {
 public:
  AlignedBuffer take(std::size_t bytes);
  void put(AlignedBuffer buffer);
  std::size_t allocated() const { return allocated_; }  // bytes, those that are out too

 private:
  std::size_t allocated_ = 0;
  std::vector<AlignedBuffer> free_;
};

}  // namespace mixnn
