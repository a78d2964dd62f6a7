#pragma once
#include <cstdint>
#include <deque>
#include <map>
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
// A micro-batch of training, which its label names: its inputs are written where inputs_of() says;
// forward; the gradient of what came out is written where gradient_of() says; backward;
// accumulate(). After the last one of the step the update. A step begins once that is made; with
// stale weights once all but the last are made.
class OwnEnd {
 public:
  OwnEnd() = default;  // no stages
  // `updates`: those that the state which is to be set has behind it.
  explicit OwnEnd(const std::vector<StageSpec>& specs, Products products = {},
                  std::uint32_t updates = 0);

  bool empty() const { return stages_.empty(); }
  std::span<Stage> stages() { return stages_; }
  std::span<const Stage> stages() const { return stages_; }

  Bytes inputs_of(const MessageInfo& forward);
  // What comes out, and what goes back before the first stage: empty if that wants no gradient.
  // Both stay until accumulate.
  ConstBytes forward(const Label& label);
  Bytes gradient_of(const Label& label);
  ConstBytes backward(const Label& label);
  // Of the micro-batch whose turn it is; false if it has not come back yet, or there is none.
  bool accumulate();
  // All micro-batches of the step are accumulated, and the update is to come.
  bool complete() const {
    return !steps_.empty() && steps_.front().accumulated == steps_.front().one.micro_batches;
  }
  void update(float gradient_scale);
  std::size_t steps_begun() const { return steps_.size(); }  // whose update is still to come
  bool idle() const { return steps_.empty(); }

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
  struct StepWork {
    MessageInfo one;  // what one of its micro-batches says of it
    std::map<std::uint32_t, MicroBatch> under_way = {};
    std::uint32_t accumulated = 0;
  };
  Room take_room();
  StepWork& step_of(const MessageInfo& forward);  // which may be its first
  MicroBatch& at(const Label& label);
  std::size_t inputs_bytes(std::size_t rows) const {
    return stages_.front().spec().input_bytes(rows);
  }
  std::size_t outputs_bytes(std::size_t rows) const {
    return stages_.back().spec().output_bytes(rows);
  }
  ConstBytes through(Room& room, ConstBytes inputs, std::size_t rows, const Occasion& occasion);

  std::vector<Stage> stages_;
  std::vector<Room> free_;
  std::size_t rooms_ = 0;  // in all
  // Whose update is to come, in their order: one, or two with stale weights. The second may have
  // come first.
  std::deque<StepWork> steps_;
  std::uint32_t updates_ = 0;
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
