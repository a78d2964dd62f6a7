#include "mixnn/owner/own_end.hpp"

#include <utility>

#include "mixnn/base/check.hpp"
#include "mixnn/layers/tied.hpp"

namespace mixnn {

OwnEnd::OwnEnd(const std::vector<StageSpec>& specs, Products products, std::uint32_t updates)
    : updates_(updates) {
  for (const StageSpec& spec : specs) stages_.emplace_back(spec, products, updates);
}

OwnEnd::Room OwnEnd::take_room() {
  if (!free_.empty()) {
    Room room = std::move(free_.back());
    free_.pop_back();
    return room;
  }
  ++rooms_;
  const auto rows = static_cast<std::size_t>(stages_.front().spec().max_rows);
  Room room{AlignedBuffer(inputs_bytes(rows)), AlignedBuffer(outputs_bytes(rows)), {}};
  for (const Stage& stage : stages_) room.passes.push_back(stage.make_pass());
  return room;
}

OwnEnd::StepWork& OwnEnd::step_of(const MessageInfo& forward) {
  const std::uint32_t step = forward.label.step;
  for (StepWork& begun : steps_)
    if (begun.one.label.step == step) return begun;
  const bool overlaps = step == updates_ + 1 && stages_.front().spec().overlaps(step);
  MIXNN_CHECK(step == updates_ || overlaps,
              "a step of the owner's stages begins after the update before it");
  return *steps_.insert(overlaps ? steps_.end() : steps_.begin(), StepWork{forward});
}

OwnEnd::MicroBatch& OwnEnd::at(const Label& label) {
  for (StepWork& step : steps_)
    if (step.one.label.step == label.step)
      if (const auto found = step.under_way.find(label.micro_batch); found != step.under_way.end())
        return found->second;
  MIXNN_CHECK(false, "a micro-batch that is under way");
}

Bytes OwnEnd::inputs_of(const MessageInfo& forward) {
  const auto [at, fresh] = step_of(forward).under_way.try_emplace(forward.label.micro_batch);
  MIXNN_CHECK(fresh, "a micro-batch comes once");
  at->second.info = forward;
  at->second.room = take_room();
  return at->second.room.inputs.bytes().first(inputs_bytes(forward.rows));
}

ConstBytes OwnEnd::through(Room& room, ConstBytes x, std::size_t rows, const Occasion& occasion) {
  for (std::size_t s = 0; s < stages_.size(); ++s)
    x = stages_[s].forward(room.passes[s], x, rows, occasion);
  return x;
}

ConstBytes OwnEnd::forward(const Label& label) {
  auto& [info, room, came_back] = at(label);
  const Occasion occasion{.training = true, .step = info.label.step, .first_row = info.first_row};
  return through(room, room.inputs.bytes().first(inputs_bytes(info.rows)), info.rows, occasion);
}

Bytes OwnEnd::gradient_of(const Label& label) {
  MicroBatch& one = at(label);
  return one.room.gradient.bytes().first(outputs_bytes(one.info.rows));
}

ConstBytes OwnEnd::backward(const Label& label) {
  MicroBatch& one = at(label);
  MIXNN_CHECK(!one.came_back, "a micro-batch comes back once");
  Bytes dy = gradient_of(label);
  for (std::size_t s = stages_.size(); s-- > 0;)
    dy = stages_[s].input_gradient(one.room.passes[s], dy);
  one.came_back = true;
  return dy;
}

bool OwnEnd::accumulate() {
  if (steps_.empty()) return false;
  StepWork& step = steps_.front();
  if (step.one.label.step != updates_) return false;
  const auto next = step.under_way.find(step.accumulated);
  if (next == step.under_way.end() || !next->second.came_back) return false;
  for (std::size_t s = stages_.size(); s-- > 0;) stages_[s].accumulate(next->second.room.passes[s]);
  free_.push_back(std::move(next->second.room));
  step.under_way.erase(next);
  ++step.accumulated;
  return true;
}

void OwnEnd::update(float gradient_scale) {
  MIXNN_CHECK(complete(), "an update follows the last micro-batch");
  const MessageInfo& one = steps_.front().one;
  for (Stage& stage : stages_)
    stage.update({one.label.step + std::uint64_t{1}, one.learning_rate, gradient_scale});
  steps_.pop_front();
  ++updates_;
}

bool OwnEnds::complete() const {
  const auto is_complete = [](const OwnEnd& end) { return end.empty() || end.complete(); };
  return !empty() && is_complete(first) && is_complete(last);
}

void OwnEnds::share_tied() {
  if (tied > 0) share_gradient(first.stages().front(), last.stages().back(), tied);
}

std::vector<double> OwnEnds::squares_around(const std::vector<double>& hosted) const {
  std::vector<double> squares;
  for (const Stage& stage : first.stages()) squares.push_back(stage.gradient_squares());
  squares.insert(squares.end(), hosted.begin(), hosted.end());
  for (const Stage& stage : last.stages())
    squares.push_back(stage.gradient_squares(&stage == &last.stages().back() ? tied : 0));
  return squares;
}

void OwnEnds::update(float gradient_scale) {
  for (OwnEnd* const end : {&first, &last})
    if (!end->empty()) end->update(gradient_scale);
}

ConstBytes OwnEnd::evaluate(ConstBytes inputs, std::size_t rows) {
  MIXNN_CHECK(idle(), "the owner's stages are evaluated between two steps");
  free_.push_back(take_room());
  return through(free_.back(), inputs, rows, kEvaluation);
}

void OwnEnd::add_memory(Usage& usage) const {
  std::size_t room = 0;
  for (const Stage& stage : stages_) {
    usage.parameters += stage.parameter_bytes();
    usage.optimizer += stage.optimizer_bytes();
    usage.pass_bytes += stage.scratch_bytes();
    room += stage.pass_bytes();
  }
  if (stages_.empty()) return;
  const auto rows = static_cast<std::size_t>(stages_.front().spec().max_rows);
  usage.passes += rooms_;
  usage.pass_bytes += rooms_ * (room + inputs_bytes(rows) + outputs_bytes(rows));
}

}  // namespace mixnn
