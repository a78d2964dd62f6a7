#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

// Stages in a row that the owner computes itself: those before the hosts', or those behind them.
// They are trained as a host trains its stage, by the same code, in the order of the micro-batches.
//
// A micro-batch of training: its inputs are written where inputs_of() says; forward; the gradient
// of what came out is written where gradient_of() says; backward; accumulate(). After the last one
// of the step the update. A step begins once that is made.
class OwnEnd {
 public:
  OwnEnd() = default;  // no stages
  explicit OwnEnd(const std::vector<StageSpec>& specs, Products products = {});

  bool empty() const { return stages_.empty(); }
  std::span<Stage> stages() { return stages_; }
  std::span<const Stage> stages() const { return stages_; }

  Bytes inputs_of(const MessageInfo& forward);
  // What comes out, and what goes back before the first stage: empty if that wants no gradient.
  // Both stay until accumulate.
  ConstBytes forward(std::uint32_t micro_batch);
  Bytes gradient_of(std::uint32_t micro_batch);
  ConstBytes backward(std::uint32_t micro_batch);
  // Of the micro-batch whose turn it is; false if it has not come back yet, or there is none.
  bool accumulate();
  // All micro-batches of the step are accumulated, and the update is to come.
  bool complete() const { return step_ && accumulated_ == step_->micro_batches; }
  void update(float gradient_scale);
  bool idle() const { return !step_; }

  // What comes out in evaluation, until the next call. Nothing may be under way.
  ConstBytes evaluate(ConstBytes inputs, std::size_t rows);

  void add_memory(Usage& usage) const;

 private:
  // The memory of one micro-batch, used again for others.
  struct Room {
    AlignedBuffer inputs, gradient;
    std::vector<Pass> passes;  // by stage
  };
  struct MicroBatch {
    MessageInfo info;
    Room room;
    bool came_back = false;
  };
  Room take_room();
  MicroBatch& at(std::uint32_t micro_batch);
  std::size_t inputs_bytes(std::size_t rows) const {
    return stages_.front().spec().input_bytes(rows);
  }
  std::size_t outputs_bytes(std::size_t rows) const {
    return stages_.back().spec().output_bytes(rows);
  }
  ConstBytes through(Room& room, ConstBytes inputs, std::size_t rows, const Occasion& occasion);

  std::vector<Stage> stages_;
  std::vector<Room> free_;
  std::size_t rooms_ = 0;                          // in all
  std::map<std::uint32_t, MicroBatch> under_way_;  // of one step
  std::uint32_t accumulated_ = 0;
  std::optional<MessageInfo> step_;  // under way: what one of its micro-batches says of it
};

// Both of the owner's, of which each may be empty.
struct OwnEnds {
  OwnEnd first, last;
  std::size_t tied = 0;  // floats that are one tensor (layers/tied.hpp)

  bool empty() const { return first.empty() && last.empty(); }
  bool accumulate() { return first.accumulate() || last.accumulate(); }  // one micro-batch
  // Whether all micro-batches of the step are accumulated, so that the update is due.
  bool complete() const;
  void share_tied();  // once, before it: what is tied has one gradient
  // The squares of the gradients of all stages of the model, of the hosts' as they say. What is
  // tied counts once.
  std::vector<double> squares_around(const std::vector<double>& hosted) const;
  void update(float gradient_scale = 1);
};

}  // namespace mixnn
