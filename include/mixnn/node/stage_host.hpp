#pragma once
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "mixnn/crypto/tree_hash.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/node/window.hpp"
#include "mixnn/wire/commitment.hpp"
#include "mixnn/wire/message.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

// How a stage host answers messages: with the ticket of the message's label, where it has come
// already.
class Answers {
 public:
  virtual ~Answers() = default;
  virtual bool can_answer(const Label& label) const = 0;
  virtual void answer(const Label& label, ConstBytes payload) = 0;
  virtual void recycle(AlignedBuffer buffer) = 0;
  virtual void begins(const Label&) {}  // the work for this message begins
};

// The work of one stage. It is built from its specification, and sees messages and answers, never a
// rank or a plan: it has no means to learn its position (P2). Messages may come in any order; it
// does what is ready, backward first:
//   1. input gradient of a micro-batch, sent on at once       4. update, after the last micro-batch
//   of the step
//   2. forward of a micro-batch                               5. test, gathering, parameters,
//   checkpoint, opening
//   3. weight gradients, in micro-batch order
// Of several that are ready the first micro-batch comes first, as its gradient will be the first
// that can be accumulated. What belongs to a later step waits until the update; with stale weights
// forwards of the next step do not (StageSpec::overlaps).
class StageHost {
 public:
  // The state comes in parts of `part_floats`. `updates`: those that it has behind it.
  StageHost(const StageSpec& spec, std::size_t part_floats, std::uint32_t updates = 0,
            Products products = {});
  // A decoy, without a stage: it is asked for as much as all others, and answers alike.
  StageHost(std::size_t part_floats, std::uint32_t updates);

  bool has_stage() const { return stage_.has_value(); }
  void accept(Message message);            // throws RunError where it cannot belong to this stage
  bool holds(const Label& request) const;  // accepted, and not yet begun
  bool work(Answers& answers);             // does one thing; false where nothing is ready
  void add_memory(Usage& usage) const;

  // Whether so many updates are made, and no micro-batch is left. A decoy makes none.
  bool has_made(std::uint32_t updates) const;
  // Of a stage whose updates wait for the scale of their gradients: whether those of the step
  // behind so many updates are added up; the sum of their squares. A decoy's is 0, at once.
  bool has_gradients(std::uint32_t updates) const;
  double gradient_squares() const { return stage_ ? stage_->gradient_squares() : 0.0; }
  // Makes that update, with gradients times `by`. Throws RunError if it is not due.
  void scale(std::uint32_t updates, float by);
  // Digests of the state now; of the window that has ended also those of what came in it. Without
  // these a window ends: from the first call on it keeps what shows that it computed its stage.
  Commitment commit(bool tensors);

 private:
  struct MicroBatch {
    std::uint32_t rows = 0;
    AlignedBuffer input, gradient;
    std::optional<Pass> pass;
    bool has_input_gradient = false;
  };
  struct StepWork {
    std::map<std::uint32_t, MicroBatch> micro_batches;
    std::uint32_t accumulated = 0;
    std::uint32_t all = 0;  // micro-batches of the step; 0: not yet known

    bool complete() const { return all > 0 && accumulated == all; }
  };
  using Waiting = std::deque<Message>;

  bool is_due(const Label& label) const;
  Waiting::iterator find_ready(MessageKind kind, const Answers& answers);
  Message take(Waiting::iterator at);
  Pass take_pass();
  bool backward(Answers& answers);
  bool forward(Answers& answers);
  bool accumulate(Answers& answers);
  void update(float gradient_scale);
  bool test(Answers& answers);
  bool gather(Answers& answers);
  bool set_parameters(Answers& answers);
  bool write_checkpoint(Answers& answers);
  bool open(Answers& answers);
  std::span<float> state() { return stage_ ? stage_->state() : std::span<float>(); }
  template <class Float>
  std::span<Float> part_of(std::span<Float> all, std::uint32_t part) const;

  std::optional<Stage> stage_;
  std::size_t part_floats_;
  std::uint32_t step_ = 0;  // updates made
  Waiting waiting_;
  StepWork now_, next_;  // the step whose update is the next, and the one behind it
  float learning_rate_ = 0;
  std::vector<Pass> passes_;  // free
  std::size_t all_passes_ = 0;
  std::optional<Window> window_;  // since the first commitment
  TreeHash hash_;
};

}  // namespace mixnn
