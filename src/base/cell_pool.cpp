#include "mixnn/base/cell_pool.hpp"

#include <utility>

namespace mixnn {

CellBuffer& CellBuffer::operator=(CellBuffer&& other) noexcept {
  if (this != &other) {
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    index_ = other.index_;
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

void CellBuffer::release() {
  if (pool_ != nullptr) pool_->free_.push_back(index_);
  pool_ = nullptr;
  bytes_ = {};
}

CellPool::CellPool(std::size_t cell_bytes, std::size_t capacity)
    : cell_bytes_(cell_bytes), capacity_(capacity) {
  cells_.reserve(capacity);
  free_.reserve(capacity);
}

CellPool::~CellPool() { MIXNN_CHECK(in_use() == 0, "a cell outlived its pool"); }

CellBuffer CellPool::take() {
  if (free_.empty()) {
    if (cells_.size() == capacity_) return {};
    cells_.emplace_back(cell_bytes_);
    return {this, cells_.size() - 1, cells_.back().bytes()};
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  return {this, index, cells_[index].bytes()};
}

}  // namespace mixnn
