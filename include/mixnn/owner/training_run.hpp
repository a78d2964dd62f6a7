#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/owner/epoch_steps.hpp"
#include "mixnn/owner/gradient_clip.hpp"
#include "mixnn/owner/pipeline_setting.hpp"
#include "mixnn/owner/trained_window.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// Drives one epoch of training through the hosts: releases micro-batches as the schedule says and
// credits allow, computes the loss and its gradient when outputs come. While a step's last
// backwards are under way the next step's first forwards are already sent; hosts hold them until
// their update. If the owner has stages of its own before the hosts', they wait for its own update.
// With stale weights (layers/stale_weights.hpp) the next step begins behind the forwards of this
// one, and all that is said here of the next holds for the one behind it. Where gradients are
// clipped, a step ends before the next one begins.
class TrainingRun {
 public:
  // `order`: sample indices of the epoch. `first_update`: updates that the stages have made before
  // it. `window`: at most so many steps of a run are a window, whose end is told; 0: it is not
  // told. `tested`: the losses of the tests after the epochs before it.
  TrainingRun(const PipelineSetting& setting, ScheduleKind schedule,
              std::vector<std::uint32_t> order, std::uint32_t first_update, std::uint32_t epoch,
              std::size_t window, std::vector<double> tested);

  std::size_t steps() const { return steps_.count(); }
  static std::uint64_t messages_of_step(const TrainingOptions& training, std::size_t places);
  // Before the first run: the epoch has been trained up to this step already, with these sums.
  void go_on_from(std::size_t step, const LossSum& sums);
  // Trains steps [first, last) to their end, or less: returns the first that it has not trained.
  // Throws RunError where the loss is no longer a finite number. After each window, with nothing
  // under way, it asks `window_ends` with the step that comes next: if that says false, it stops
  // there, and keys must change before anything else.
  std::size_t run(std::size_t first, std::size_t last, const ProgressHook& progress,
                  FunctionRef<bool(std::size_t)> window_ends);
  const TrainedWindow& window() const { return window_; }  // the last, until the next run
  // Sums over all samples so far, in micro-batch order.
  const LossSum& sums() const { return sums_; }

 private:
  struct ActiveStep {
    std::size_t index;  // in the epoch
    Step step;
    Schedule schedule;
    float gradient_scale;
    std::vector<std::size_t> first_row;
    std::vector<LossSum> losses;
    std::vector<Message> gradients;  // of the outputs, in the messages that brought these
    std::optional<double> gradient_norm = {};
  };
  ActiveStep& active(const Label& label);
  bool accumulate();
  bool may_start_step(std::size_t last) const;
  bool next_may_be_held() const;
  void start_step();
  void queue(const ActiveStep& step, const std::vector<Release>& releases);
  void release(Supply& supply);
  bool launch_one(std::deque<MessageInfo>& ready, Supply& supply);
  void launch(const MessageInfo& info);
  void keep(const Label& label, std::vector<std::byte> TrainedWindow::Part::*what,
            ConstBytes bytes);
  void launch_forward(const ActiveStep& step, const MessageInfo& info);
  void on_outputs(Message message);
  LossSum loss_of(const ActiveStep& step, std::size_t micro_batch, Bytes outputs);
  void on_backward_done(const Message& message, const ProgressHook& progress);
  void clip(ActiveStep& step);
  void finish_step(ActiveStep& step, const ProgressHook& progress);

  PipelineSetting setting_;
  EpochSteps steps_;
  std::uint32_t epoch_;
  std::size_t next_step_ = 0, samples_ = 0;
  std::deque<ActiveStep> active_;
  std::deque<MessageInfo> forwards_, backwards_;  // released by the schedule, not yet sent
  AlignedBuffer inputs_, outputs_;                // of one micro-batch
  LossSum sums_;
  std::optional<GradientClip> clip_;
  std::size_t window_steps_;
  TrainedWindow window_;
};

}  // namespace mixnn
