#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Whoever gets a cell's memory back when its holder lets it go.
class CellHome {
 public:
  virtual void give_back(std::size_t index) noexcept = 0;

 protected:
  ~CellHome() = default;
};

// One cell's memory, taken from a pool and given back when it goes. Moved along the path of a cell,
// never copied.
class CellBuffer {
 public:
  CellBuffer() = default;
  CellBuffer(CellHome* home, std::size_t index, Bytes bytes)
      : home_(home), index_(index), bytes_(bytes) {}
  CellBuffer(CellBuffer&& other) noexcept
      : home_(other.home_), index_(other.index_), bytes_(other.bytes_) {
    other.forget();
  }
  CellBuffer& operator=(CellBuffer&& other) noexcept;
  ~CellBuffer() { release(); }

  explicit operator bool() const { return home_ != nullptr; }
  Bytes bytes() const { return bytes_; }

  // Which cell it is, for a transport that hands the memory itself over; forget() then leaves the
  // duty to give it back to whoever receives it.
  const CellHome* home() const { return home_; }
  std::size_t index() const { return index_; }
  void forget() {
    home_ = nullptr;
    bytes_ = {};
  }

 private:
  void release();

  CellHome* home_ = nullptr;
  std::size_t index_ = 0;
  Bytes bytes_;
};

// Where the cells of a pool lie.
class CellMemory {
 public:
  virtual ~CellMemory() = default;
  // The memory of one cell more: asked for once for each index, from 0 on.
  virtual Bytes cell(std::size_t index) = 0;
  // Appends the cells that have come back from other processes (CellPool::lend).
  virtual void collect(std::vector<std::size_t>& returned) = 0;
};

// At most `capacity` cells of one size. Memory is allocated as it is first needed and then kept, so
// a run that is in balance allocates nothing; the cell used last is given out first, while it is in
// cache. Not thread-safe: one pool a rank. The pool outlives its cells.
class CellPool final : public CellHome {
 public:
  // On the heap, or in `memory`.
  CellPool(std::size_t cell_bytes, std::size_t capacity,
           std::unique_ptr<CellMemory> memory = nullptr);
  ~CellPool();
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;

  // A cell with unspecified content; an empty buffer where all are in use. Throws RunError if other
  // processes gave back what was not lent to them.
  CellBuffer take();
  // A cell of this pool goes to another process, which gives it back through the memory's
  // collect().
  void lend(CellBuffer cell);
  void give_back(std::size_t index) noexcept override { free_.push_back(index); }

  std::size_t cell_bytes() const { return cell_bytes_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t in_use() const { return cells_.size() - free_.size() - lent_; }  // by this process
  std::size_t lent() const { return lent_; }
  std::size_t peak() const { return cells_.size(); }

 private:
  void collect();

  std::size_t cell_bytes_, capacity_;
  std::unique_ptr<CellMemory> memory_;
  std::vector<Bytes> cells_;
  std::vector<std::size_t> free_, returned_;
  std::vector<bool> is_lent_;
  std::size_t lent_ = 0;
};

}  // namespace mixnn
