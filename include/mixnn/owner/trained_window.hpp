#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/base/bytes.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// What the owner knows of a window of steps: which micro-batches it had, what came from the last
// host and went back to it, and, if the owner has stages before the hosts', what went to the first
// host and came back from it. Memory is used again in the next window.
class TrainedWindow {
 public:
  struct Part {
    MessageInfo forward;
    std::span<const std::uint32_t> samples;
    std::vector<std::byte> inputs, outputs, gradient, input_gradient;  // as they travelled
  };

  void clear() {
    used_ = steps_ = 0;
    clipped_.clear();
  }
  // How the gradients of a step were clipped: the squares that the hosts' stages said, by place,
  // and the scale. Without clipping none and 1.
  struct Clipped {
    std::vector<double> squares;
    float scale = 1;
  };

  // The micro-batches of one more step, in order.
  void begin_step() {
    ++steps_;
    clipped_.emplace_back();
  }
  void add(const MessageInfo& forward, std::span<const std::uint32_t> samples);

  bool empty() const { return steps_ == 0; }
  std::size_t steps() const { return steps_; }
  std::span<Part> parts() { return std::span(parts_).first(used_); }
  std::span<const Part> parts() const { return std::span(parts_).first(used_); }
  Part& part(std::uint32_t step, std::uint32_t micro_batch);
  std::size_t memory_bytes() const;
  std::span<const Clipped> clipped() const { return clipped_; }  // by step
  Clipped& clipped(std::uint32_t step) { return clipped_.at(step - first_step()); }
  const Clipped& clipped(std::uint32_t step) const { return clipped_.at(step - first_step()); }

 private:
  std::uint32_t first_step() const { return parts_.front().forward.label.step; }

  std::vector<Part> parts_;
  std::vector<Clipped> clipped_;  // by step
  std::size_t used_ = 0, steps_ = 0;
};

}  // namespace mixnn
