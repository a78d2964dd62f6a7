#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/data/batching.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/schedule.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// What the steps of one epoch are made of: samples, micro-batches, the learning rate, and what the
// owner requests of its hosts. Follows from options and numbers alone; `training` must outlive it.
struct EpochSteps {
  const TrainingOptions& training;
  ScheduleKind schedule_kind{};
  std::size_t depth = 0;             // of the schedule
  std::vector<std::uint32_t> order;  // sample indices of the epoch
  std::uint32_t first_update = 0;    // updates that the stages have made before it
  std::vector<double> tested;        // losses of the tests after the epochs before it

  std::size_t count() const { return steps_per_epoch(order.size(), training.batch_size); }
  // Of a step, counted from the epoch's first.
  std::uint32_t updates_before(std::size_t step) const {
    return first_update + static_cast<std::uint32_t>(step);
  }
  Step split(std::size_t step) const {
    return step_at(order, step, training.batch_size, training.micro_batches);
  }
  Schedule schedule_of(const Step& split) const {
    return {schedule_kind, split.micro_batch_rows.size(), depth};
  }
  float rate_of(std::size_t step) const {
    return training.learning_rate_at(updates_before(step), training.epochs * count(), tested);
  }
  MessageInfo info_of(std::size_t step, const Step& split, const Release& release) const;
  // All requests of these steps, in the order in which the schedule releases them when every answer
  // comes in order. Where steps overlap, all forwards of the next come before what goes back of
  // this one; `window`: after so many steps nothing is under way; 0: only in the end.
  std::vector<MessageInfo> requests(std::size_t first, std::size_t last,
                                    std::size_t window = 0) const;

 private:
  std::vector<MessageInfo> requests_of(std::size_t step) const;
  // Between this step and the next; `done`: steps of the run with this one.
  bool overlap(std::size_t done, std::size_t window) const;
};

}  // namespace mixnn
