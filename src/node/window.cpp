#include "mixnn/node/window.hpp"

#include <utility>

namespace mixnn {

void Window::begin(std::span<const float> state) {
  state_.assign(state.begin(), state.end());
  used_ = 0;
  ended_ = false;
}

// A short part of a long message is copied: memory for a window of them would be wasted.
void Window::Piece::keep(AlignedBuffer& whole, std::size_t count) {
  if (2 * count >= whole.size()) {
    std::swap(message, whole);
    bytes = std::as_const(message).bytes().first(count);
  } else {
    const ConstBytes from = std::as_const(whole).bytes().first(count);
    copy.assign(from.begin(), from.end());
    bytes = copy;
  }
}

void Window::keep(AlignedBuffer& input, std::size_t input_bytes, AlignedBuffer& gradient,
                  std::size_t gradient_bytes) {
  if (used_ == kept_.size()) kept_.emplace_back();
  Kept& kept = kept_[used_++];
  kept.input.keep(input, input_bytes);
  kept.gradient.keep(gradient, gradient_bytes);
}

std::vector<ConstBytes> Window::inputs() const {
  std::vector<ConstBytes> all;
  for (std::size_t i = 0; i < used_; ++i) all.push_back(kept_[i].input.bytes);
  return all;
}

std::vector<ConstBytes> Window::gradients() const {
  std::vector<ConstBytes> all;
  for (std::size_t i = 0; i < used_; ++i) all.push_back(kept_[i].gradient.bytes);
  return all;
}

std::size_t Window::memory_bytes() const {
  std::size_t bytes = message_bytes() + state_.capacity() * sizeof(float);
  for (const Kept& kept : kept_)
    bytes += kept.input.copy.capacity() + kept.gradient.copy.capacity();
  return bytes;
}

std::size_t Window::message_bytes() const {
  std::size_t bytes = 0;
  for (const Kept& kept : kept_) bytes += kept.input.message.size() + kept.gradient.message.size();
  return bytes;
}

}  // namespace mixnn
