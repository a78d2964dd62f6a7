#include "mixnn/wire/assembly.hpp"

#include <algorithm>

namespace mixnn {

std::size_t cells_for(std::size_t message_bytes, std::size_t body_bytes) {
  return std::max<std::size_t>(1, (message_bytes + body_bytes - 1) / body_bytes);
}

ConstBytes payload_of(ConstBytes message, std::size_t index, std::size_t body_bytes) {
  const std::size_t from = std::min(index * body_bytes, message.size());
  return message.subspan(from, std::min(body_bytes, message.size() - from));
}

Assembly::Assembly(AlignedBuffer buffer, std::size_t cells, std::size_t body_bytes)
    : buffer_(std::move(buffer)), body_bytes_(body_bytes), missing_(cells), arrived_(cells) {
  MIXNN_CHECK(buffer_.size() >= cells * body_bytes, "a buffer too small for its message");
}

Bytes Assembly::place(std::size_t index) {
  return buffer_.bytes().subspan(checked(index) * body_bytes_, body_bytes_);
}

bool Assembly::mark_arrived(std::size_t index) {
  MIXNN_CHECK(!has(index), "a cell arrived twice");
  arrived_[index] = true;
  return --missing_ == 0;
}

AlignedBuffer BufferStock::take(std::size_t bytes) {
  for (std::size_t i = free_.size(); i-- > 0;)  // what came back last is still in cache
    if (free_[i].size() >= bytes) {
      std::swap(free_[i], free_.back());
      AlignedBuffer taken = std::move(free_.back());
      free_.pop_back();
      return taken;
    }
  allocated_ += bytes;
  return AlignedBuffer(bytes);
}

void BufferStock::put(AlignedBuffer buffer) {
  if (buffer.size() > 0) free_.push_back(std::move(buffer));
}

}  // namespace mixnn
