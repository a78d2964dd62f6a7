#include "mixnn/node/window.hpp"

#include <algorithm>
#include <tuple>

namespace mixnn {

void Window::begin(std::span<const float> state) {
  state_.assign(state.begin(), state.end());
  used_ = 0;
  ended_ = false;
}

void Window::keep_input(std::uint32_t step, std::uint32_t micro_batch, ConstBytes input) {
  if (used_ == kept_.size()) kept_.emplace_back();
  Kept& kept = kept_[used_++];
  kept.step = step;
  kept.micro_batch = micro_batch;
  kept.input.assign(input.begin(), input.end());
  kept.gradient.clear();
}

// Of one of the last micro-batches.
void Window::keep_gradient(std::uint32_t step, std::uint32_t micro_batch, ConstBytes gradient) {
  for (std::size_t i = used_; i-- > 0;)
    if (kept_[i].step == step && kept_[i].micro_batch == micro_batch) {
      kept_[i].gradient.assign(gradient.begin(), gradient.end());
      return;
    }
}

std::vector<const Window::Kept*> Window::in_order() const {
  std::vector<const Kept*> order;
  for (std::size_t i = 0; i < used_; ++i) order.push_back(&kept_[i]);
  std::ranges::sort(order, {},
                    [](const Kept* kept) { return std::tuple(kept->step, kept->micro_batch); });
  return order;
}

std::vector<ConstBytes> Window::inputs() const {
  std::vector<ConstBytes> all;
  for (const Kept* kept : in_order()) all.emplace_back(kept->input);
  return all;
}

std::vector<ConstBytes> Window::gradients() const {
  std::vector<ConstBytes> all;
  for (const Kept* kept : in_order()) all.emplace_back(kept->gradient);
  return all;
}

std::size_t Window::memory_bytes() const {
  std::size_t bytes = state_.capacity() * sizeof(float);
  for (const Kept& kept : kept_) bytes += kept.input.capacity() + kept.gradient.capacity();
  return bytes;
}

}  // namespace mixnn
