#pragma once
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// A fixed block of memory aligned to a cache line, owned by one holder and moved, never copied. Not
// initialized. What was moved from is empty.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes)
      : data_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment}))),
        size_(bytes) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  Bytes bytes() { return {data_.get(), size_}; }
  ConstBytes bytes() const { return {data_.get(), size_}; }

  // The first `count` objects of type T. The buffer must be large enough.
  template <class T>
  std::span<T> as(std::size_t count) {
    MIXNN_CHECK(count * sizeof(T) <= size_, "view past the end of a buffer");
    return {reinterpret_cast<T*>(data_.get()), count};
  }
  template <class T>
  std::span<const T> as(std::size_t count) const {
    MIXNN_CHECK(count * sizeof(T) <= size_, "view past the end of a buffer");
    return {reinterpret_cast<const T*>(data_.get()), count};
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace mixnn
