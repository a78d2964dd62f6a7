#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// What a stage host keeps to show that it computed its stage (docs/protocol.md, "Spot checks"): the
// state with which a window of steps began, and copies of the inputs and output gradients of its
// micro-batches, as they came. Memory is used again in the next window.
class Window {
 public:
  // A window ends where the owner asks for a commitment, and stays as it is until the next one
  // begins.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  void begin(std::span<const float> state);  // forgets the one before

  void keep_input(std::uint32_t step, std::uint32_t micro_batch, ConstBytes input);
  void keep_gradient(std::uint32_t step, std::uint32_t micro_batch, ConstBytes gradient);

  std::span<const float> state() const { return state_; }
  // By step and micro-batch.
  std::vector<ConstBytes> inputs() const;
  std::vector<ConstBytes> gradients() const;
  std::size_t memory_bytes() const;

 private:
  struct Kept {
    std::uint32_t step = 0, micro_batch = 0;
    std::vector<std::byte> input, gradient;
  };
  std::vector<const Kept*> in_order() const;

  bool ended_ = true;
  std::vector<float> state_;
  std::vector<Kept> kept_;  // the first `used_` of this window
  std::size_t used_ = 0;
};

}  // namespace mixnn
