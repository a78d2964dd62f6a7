#include "mixnn/owner/spot_checks.hpp"

#include <numeric>

#include "mixnn/base/error.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/crypto/tree_hash.hpp"

namespace mixnn {
namespace {

StateDigest state_of(const Commitment& c) { return {c.parameters, c.optimizer}; }

std::string steps_of(const TrainedWindow& window) {
  const std::uint32_t first = window.parts().front().forward.label.step + 1,
                      last = window.parts().back().forward.label.step + 1;
  return first == last ? "in step " + std::to_string(first)
                       : "in steps " + std::to_string(first) + " to " + std::to_string(last);
}

// Of what the first host was sent, if that is the data set's.
Digest digest_of_samples(const DataSet& data, const TrainingOptions& training,
                         const TrainedWindow& window) {
  TreeHash hash;
  std::vector<std::byte> rows;
  for (const TrainedWindow::Part& part : window.parts()) {
    rows.resize(part.samples.size() * data.samples.row_bytes());
    training.gather(data, part.samples, part.forward.label.step, rows);
    hash.add(rows);
  }
  return hash.finish();
}

Digest digest_of(const TrainedWindow& window, std::vector<std::byte> TrainedWindow::Part::*what) {
  TreeHash hash;
  for (const TrainedWindow::Part& part : window.parts()) hash.add(part.*what);
  return hash.finish();
}

// What the host at this place said of each step; nothing if gradients are not clipped.
std::vector<double> squares_of(const TrainedWindow& window, std::size_t place) {
  std::vector<double> squares;
  for (const TrainedWindow::Clipped& step : window.clipped())
    if (place < step.squares.size()) squares.push_back(step.squares[place]);
  return squares;
}

}  // namespace

SpotChecks::SpotChecks(OwnerLink& link, const Plan& plan, const std::vector<StageSpec>& stages,
                       const StageSizes& sizes, const DataSet& data,
                       const TrainingOptions& training, double rate)
    : link_(link),
      plan_(plan),
      stages_(stages),
      sizes_(sizes),
      data_(data),
      training_(training),
      threshold_(static_cast<std::uint64_t>(rate * 0x1p32)) {}

std::string SpotChecks::who(std::size_t place) const {
  return "rank " + std::to_string(plan_.places[place]) + ", the host of stage " +
         std::to_string(plan_.stage_number(place)) + ",";
}

void SpotChecks::begin(const std::vector<std::vector<float>>& state, std::uint32_t updates) {
  now_ = link_.ask_commitments({updates, false, {}});
  std::vector<float> whole;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    whole = state[plan_.before + stage];
    whole.resize(stages_[stage].state_count());
    if (state_of(of(now_, stage)) != state_digest(whole, stages_[stage].parameter_count()))
      throw RunError(who(stage) + " did not take the state that it was sent");
  }
}

bool SpotChecks::window_ends(std::uint32_t updates) {
  before_ = std::move(now_);
  now_ = link_.ask_commitments({updates, false, {}});
  ++counts_.windows;
  drawn_.clear();
  for (std::size_t place = 0; place < plan_.places.size(); ++place)
    if (rng_.next() < threshold_) drawn_.push_back(place);
  shuffle(std::span(drawn_), rng_);
  return drawn_.empty();
}

OpeningSizes SpotChecks::sizes_of(const TrainedWindow& window) const {
  return {stages_.front().state_of_parameter() * sizes_.parameters, window.parts().size()};
}

bool SpotChecks::has_room(const TrainedWindow& window) const {
  return link_.has_room(drawn_.size() * messages_of_opening(link_, sizes_of(window)));
}

void SpotChecks::challenge(const TrainedWindow& window, std::uint32_t updates) {
  const Commitments reported = link_.ask_commitments({updates, true, {}});
  check_ends(reported, window);
  for (const std::size_t place : drawn_) {
    ++counts_.challenges;
    WindowOpening opening = open_window(link_, plan_.places[place], sizes_of(window), updates);
    if (place >= stages_.size()) continue;
    const ActivityRecorder::Scope computing(link_.activity(), Activity::kCompute);
    check(place, reported, window, replay_stage(stages_[place], window, std::move(opening)));
  }
}

void SpotChecks::check_ends(const Commitments& reported, const TrainedWindow& window) const {
  const std::size_t last = stages_.size() - 1;
  const Digest inputs = stages_.front().input_gradient
                            ? digest_of(window, &TrainedWindow::Part::inputs)
                            : digest_of_samples(data_, training_, window);
  if (of(reported, 0).inputs != inputs)
    throw RunError(who(0) + " says that it got other inputs than it was sent " + steps_of(window));
  if (of(reported, last).gradients != digest_of(window, &TrainedWindow::Part::gradient))
    throw RunError(who(last) + " says that it got other gradients than it was sent " +
                   steps_of(window));
}

void SpotChecks::check(std::size_t place, const Commitments& reported, const TrainedWindow& window,
                       const StageReplay& replay) const {
  const Commitment& own = of(reported, place);
  const auto lied = [&](const std::string& how) {
    return RunError(who(place) + " did not compute its stage " + steps_of(window) + ": " + how);
  };
  if (replay.begin != state_of(of(before_, place)))
    throw lied("it opened another state than the one that it had committed to");
  if (replay.inputs != own.inputs || replay.gradients != own.gradients)
    throw lied("it opened other inputs or gradients than it had reported");
  if (replay.squares != squares_of(window, place))
    throw lied("its gradients are not as long as it said");
  if (replay.end != state_of(of(now_, place)))
    throw lied("its updates are not those that follow from its inputs and gradients");
  const auto differ = [&](std::size_t other, const std::string& what) {
    return RunError(who(place) + " or " + who(other) + " lied about the " + what +
                    " between them " + steps_of(window));
  };
  if (place + 1 == stages_.size()) {
    if (replay.outputs != digest_of(window, &TrainedWindow::Part::outputs))
      throw lied("its outputs are not those that follow from its inputs");
  } else if (replay.outputs != of(reported, place + 1).inputs) {
    throw differ(place + 1, "activations");
  }
  if (place > 0) {
    if (replay.input_gradients != of(reported, place - 1).gradients)
      throw differ(place - 1, "gradients");
  } else if (stages_.front().input_gradient &&
             replay.input_gradients != digest_of(window, &TrainedWindow::Part::input_gradient)) {
    throw lied("its input gradients are not those that follow from its gradients");
  }
}

void SpotChecks::check_gathered(std::size_t place, std::span<const float> parameters) const {
  if (place < stages_.size() &&
      tree_digest({std::as_bytes(parameters)}) != of(now_, place).parameters)
    throw RunError(who(place) + " sent other parameters at the end than it had committed to");
}

}  // namespace mixnn
