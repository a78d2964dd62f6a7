#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

class CellPool;

// One cell's memory, taken from a pool and given back when it goes. Moved along the path of a cell, never
// copied.
class CellBuffer {
 public:
  CellBuffer() = default;
  CellBuffer(CellBuffer&& other) noexcept : pool_(other.pool_), index_(other.index_), bytes_(other.bytes_) {
    other.pool_ = nullptr;
    other.bytes_ = {};
  }
  CellBuffer& operator=(CellBuffer&& other) noexcept;
  ~CellBuffer() { release(); }

  explicit operator bool() const { return pool_ != nullptr; }
  Bytes bytes() const { return bytes_; }

 private:
  friend class CellPool;
  CellBuffer(CellPool* pool, std::size_t index, Bytes bytes) : pool_(pool), index_(index), bytes_(bytes) {}
  void release();

  CellPool* pool_ = nullptr;
  std::size_t index_ = 0;
  Bytes bytes_;
};

// At most `capacity` cells of one size. Memory is allocated as it is first needed and then kept, so a run
// that is in balance allocates nothing. Not thread-safe: one pool a rank. The pool outlives its cells.
class CellPool {
 public:
  CellPool(std::size_t cell_bytes, std::size_t capacity);
  ~CellPool();
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;

  // A cell with unspecified content; an empty buffer where all are in use.
  CellBuffer take();

  std::size_t cell_bytes() const { return cell_bytes_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t in_use() const { return cells_.size() - free_.size(); }
  std::size_t peak() const { return cells_.size(); }

 private:
  friend class CellBuffer;
  std::size_t cell_bytes_, capacity_;
  std::vector<AlignedBuffer> cells_;
  std::vector<std::size_t> free_;
};

}  // namespace mixnn
