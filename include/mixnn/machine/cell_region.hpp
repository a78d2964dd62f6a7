#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Names a cell on this host: 1 + the number of the rank whose pool it is of, and its index there.
// Zero is none.
using CellHandle = std::uint64_t;

constexpr CellHandle cell_handle(int number, std::size_t index) {
  return (static_cast<std::uint64_t>(number) + 1) << 32 | index;
}
constexpr std::size_t number_of(CellHandle handle) {
  return static_cast<std::size_t>(handle >> 32) - 1;
}
constexpr std::size_t index_of(CellHandle handle) { return handle & 0xffffffffu; }

// Beside each cell, at the front of its region.
struct CellLink {
  std::atomic<CellHandle> next{0};
  std::atomic<int> from{0};
};

// The memory of one rank's pool, mapped from its file: links, then cells.
class CellRegion {
 public:
  CellRegion(int descriptor, std::size_t cell_bytes, std::size_t capacity);
  ~CellRegion();
  CellRegion(const CellRegion&) = delete;
  CellRegion& operator=(const CellRegion&) = delete;

  std::size_t capacity() const { return capacity_; }
  CellLink& link(std::size_t index) const { return reinterpret_cast<CellLink*>(base_)[index]; }
  Bytes cell(std::size_t index) const { return {base_ + cells_at_ + index * stride_, cell_bytes_}; }

  // The length of the file.
  static std::size_t bytes_for(std::size_t cell_bytes, std::size_t capacity);

 private:
  std::size_t bytes() const { return cells_at_ + capacity_ * stride_; }

  std::size_t cell_bytes_, stride_, capacity_, cells_at_;
  std::byte* base_ = nullptr;
};

}  // namespace mixnn
