#include "mixnn/base/cell_pool.hpp"

#include <string>
#include <utility>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

class HeapCells final : public CellMemory {
 public:
  explicit HeapCells(std::size_t cell_bytes) : cell_bytes_(cell_bytes) {}
  Bytes cell(std::size_t) override { return cells_.emplace_back(cell_bytes_).bytes(); }
  void collect(std::vector<std::size_t>&) override {}

 private:
  std::size_t cell_bytes_;
  std::vector<AlignedBuffer> cells_;
};

}  // namespace

CellBuffer& CellBuffer::operator=(CellBuffer&& other) noexcept {
  if (this != &other) {
    release();
    home_ = other.home_;
    index_ = other.index_;
    bytes_ = other.bytes_;
    other.forget();
  }
  return *this;
}

void CellBuffer::release() {
  if (home_ != nullptr) home_->give_back(index_);
  forget();
}

CellPool::CellPool(std::size_t cell_bytes, std::size_t capacity, std::unique_ptr<CellMemory> memory)
    : cell_bytes_(cell_bytes), capacity_(capacity), memory_(std::move(memory)) {
  if (!memory_) memory_ = std::make_unique<HeapCells>(cell_bytes);
}

CellPool::~CellPool() { MIXNN_CHECK(in_use() == 0, "a cell outlived its pool"); }

CellBuffer CellPool::take() {
  if (free_.empty() && lent_ > 0) collect();
  if (!free_.empty()) {
    const std::size_t index = free_.back();
    free_.pop_back();
    return {this, index, cells_[index]};
  }
  if (cells_.size() == capacity_) return {};
  cells_.push_back(memory_->cell(cells_.size()));
  free_.reserve(cells_.capacity());  // a cell that comes back finds its place
  return {this, cells_.size() - 1, cells_.back()};
}

// Other processes say which came back: each must be one that is lent, and comes back once.
void CellPool::collect() {
  returned_.clear();
  memory_->collect(returned_);
  for (const std::size_t index : returned_) {
    if (index >= is_lent_.size() || !is_lent_[index])
      throw RunError("the memory that this host's ranks share is damaged: a cell came back that " +
                     std::string("was not lent"));
    is_lent_[index] = false;
    free_.push_back(index);
    --lent_;
  }
}

void CellPool::lend(CellBuffer cell) {
  MIXNN_CHECK(cell.home() == this, "a cell of another pool");
  is_lent_.resize(cells_.size());
  is_lent_[cell.index()] = true;
  cell.forget();
  ++lent_;
}

}  // namespace mixnn
