#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

// What a stage host keeps to show that it computed its stage (docs/protocol.md, "Spot checks"): the
// state with which a window of steps began, and the inputs and output gradients of its
// micro-batches, as they came. Messages are kept where they lie, if they fill their memory, which
// is given back in exchange for that of the next window's.
class Window {
 public:
  // A window ends where the owner asks for a commitment, and stays as it is until the next one
  // begins.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  void begin(std::span<const float> state);  // forgets the one before

  // The first bytes of these messages, in the order of steps and micro-batches. Leaves memory in
  // the messages' place that is free for others, if there is any.
  void keep(AlignedBuffer& input, std::size_t input_bytes, AlignedBuffer& gradient,
            std::size_t gradient_bytes);

  std::span<const float> state() const { return state_; }
  std::vector<ConstBytes> inputs() const;
  std::vector<ConstBytes> gradients() const;
  std::size_t memory_bytes() const;
  std::size_t message_bytes() const;  // of it, in which messages came

 private:
  struct Piece {
    AlignedBuffer message;
    std::vector<std::byte> copy;
    ConstBytes bytes;  // of one of them

    void keep(AlignedBuffer& whole, std::size_t count);
  };
  struct Kept {
    Piece input, gradient;
  };

  bool ended_ = true;
  std::vector<float> state_;
  std::vector<Kept> kept_;  // the first `used_` of this window
  std::size_t used_ = 0;
};

}  // namespace mixnn
