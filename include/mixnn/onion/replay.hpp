#pragma once
#include <cstdint>
#include <vector>

namespace mixnn {

// Which serials of the current epoch a node has seen: exact, one bit each, no window and no false
// positives.
class ReplayBitmap {
 public:
  explicit ReplayBitmap(unsigned serial_bits)
      : size_(std::uint64_t{1} << serial_bits), words_((size_ + 63) / 64) {}

  bool in_range(std::uint64_t serial) const { return serial < size_; }
  bool seen(std::uint64_t serial) const { return (words_[serial / 64] >> (serial % 64) & 1) != 0; }
  void mark(std::uint64_t serial) { words_[serial / 64] |= std::uint64_t{1} << (serial % 64); }
  void clear() { words_.assign(words_.size(), 0); }

 private:
  std::uint64_t size_;
  std::vector<std::uint64_t> words_;
};

}  // namespace mixnn
