#include "mixnn/owner/training_run.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/error.hpp"

namespace mixnn {

TrainingRun::TrainingRun(const PipelineSetting& setting, ScheduleKind schedule,
                         std::vector<std::uint32_t> order, std::uint32_t first_update,
                         std::uint32_t epoch, std::size_t window, std::vector<double> tested)
    : setting_(setting),
      // As deep as messages may be under way: a depth by the number of stages would tell it to each
      // host, by the micro-batches that it holds.
      steps_{setting.training, schedule,     setting.link.in_flight(),
             std::move(order), first_update, std::move(tested)},
      epoch_(epoch),
      inputs_(setting.training.max_rows() * setting.data.samples.row_bytes()),
      outputs_(setting.training.max_rows() * setting.criterion.values() * sizeof(float)),
      window_steps_(window) {
  const float most = setting.training.clip_norm;
  if (most > 0) clip_.emplace(setting.link, setting.chain.places, setting.chain.stages(), most);
}

std::uint64_t TrainingRun::messages_of_step(const TrainingOptions& training, std::size_t places) {
  return PipelineTraffic::messages_of_step(places, training.micro_batches) +
         (training.clip_norm > 0 ? GradientClip::messages_of_step(places) : 0);
}

void TrainingRun::go_on_from(std::size_t step, const LossSum& sums) {
  samples_ = std::min(step * setting_.training.batch_size, steps_.order.size());
  sums_ = sums;
}

std::size_t TrainingRun::run(std::size_t first, std::size_t last, const ProgressHook& progress,
                             FunctionRef<bool(std::size_t)> window_ends) {
  const PipelineTraffic traffic(setting_.chain, steps_.requests(first, last, window_steps_));
  const std::unique_ptr<Supply> supply = setting_.link.supply(traffic, setting_.chain.places);
  next_step_ = first;
  window_.clear();
  for (;;) {
    release(*supply);
    if (may_start_step(last)) {
      start_step();
      continue;
    }
    if (accumulate()) continue;
    if (active_.empty()) {
      setting_.link.drained();
      if (window_.empty()) return next_step_;
      if (!window_ends(next_step_)) {
        supply->leave_unused();
        return next_step_;
      }
      window_.clear();
      continue;
    }
    Message message = setting_.link.wait([&] { return supply->write_ahead(); });
    supply->ended(message.info.label);
    if (message.info.label.kind == MessageKind::kForward) {
      on_outputs(std::move(message));
    } else {
      on_backward_done(message, progress);
      setting_.link.recycle(std::move(message.payload));
    }
  }
}

// The gradients of the owner's own stages, once what hosts wait for is on its way; then their
// update.
bool TrainingRun::accumulate() {
  OwnEnds& own = setting_.own;
  if (own.empty()) return false;
  const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
  if (own.accumulate()) return true;
  if (own.complete() && !clip_) {
    own.share_tied();
    own.update();
    return true;
  }
  setting_.link.activity().rename(Activity::kOther);
  return false;
}

// The next step may start where hosts compute its forwards at once; with stale weights they do so
// while the step before it goes back.
bool TrainingRun::may_start_step(std::size_t last) const {
  if (next_step_ == last || (window_steps_ > 0 && window_.steps() == window_steps_)) return false;
  if (clip_ && !active_.empty()) return false;
  if (active_.size() > setting_.training.staleness) return next_may_be_held();
  if (setting_.own.first.steps_begun() > active_.size()) return false;  // an update is to come
  return active_.empty() || (active_.back().schedule.forwards_released() && forwards_.empty());
}

// Where they hold them until an update, once nothing of that step is left to release: its forwards
// must never hold the credits that this one's backwards need.
bool TrainingRun::next_may_be_held() const {
  return setting_.own.first.empty() && active_.size() == setting_.training.staleness + 1 &&
         active_.front().schedule.all_released() && active_.back().schedule.forwards_released() &&
         forwards_.empty() && backwards_.empty();
}

void TrainingRun::start_step() {
  const Step parts = steps_.split(next_step_);
  const std::size_t count = parts.micro_batch_rows.size();
  ActiveStep step{next_step_,
                  parts,
                  steps_.schedule_of(parts),
                  setting_.criterion.gradient_scale(Labels(setting_.data.labels, parts.samples)),
                  {},
                  std::vector<LossSum>(count),
                  std::vector<Message>(count)};
  std::size_t row = 0;
  for (const std::size_t rows : parts.micro_batch_rows) {
    step.first_row.push_back(row);
    row += rows;
  }
  if (window_steps_ > 0) {
    window_.begin_step();
    for (std::size_t m = 0; m < count; ++m)
      window_.add(steps_.info_of(next_step_, parts, {Release::Kind::kForward, m}),
                  parts.samples.subspan(step.first_row[m], parts.micro_batch_rows[m]));
  }
  active_.push_back(std::move(step));
  queue(active_.back(), active_.back().schedule.start());
  ++next_step_;
}

void TrainingRun::queue(const ActiveStep& step, const std::vector<Release>& releases) {
  for (const Release& release : releases)
    (release.kind == Release::Kind::kForward ? forwards_ : backwards_)
        .push_back(steps_.info_of(step.index, step.step, release));
}

TrainingRun::ActiveStep& TrainingRun::active(const Label& label) {
  for (ActiveStep& step : active_)
    if (steps_.updates_before(step.index) == label.step) return step;
  throw RunError("an answer came for a step that is not under way: " + to_string(label));
}

void TrainingRun::release(Supply& supply) {
  while (setting_.link.has_credit() &&
         (launch_one(backwards_, supply) || launch_one(forwards_, supply))) {
  }
}

// The first that is covered: with many small ticket books a later one may have to wait for an
// earlier one to end.
bool TrainingRun::launch_one(std::deque<MessageInfo>& ready, Supply& supply) {
  for (auto it = ready.begin(); it != ready.end(); ++it) {
    if (!supply.cover(it->label)) continue;
    launch(*it);
    ready.erase(it);
    return true;
  }
  return false;
}

void TrainingRun::launch(const MessageInfo& info) {
  ActivityRecorder& activity = setting_.link.activity();
  const ActivityRecorder::Scope scope(activity, Activity::kOther);
  activity.set_work(activity_work(info.label));
  ActiveStep& step = active(info.label);
  const std::size_t m = info.label.micro_batch;
  if (info.label.kind == MessageKind::kForward) {
    launch_forward(step, info);
  } else {
    Message gradient = std::move(step.gradients[m]);
    setting_.link.launch(setting_.chain.last_host(), info,
                         setting_.outputs_of(gradient, info.rows));
    setting_.link.recycle(std::move(gradient.payload));
  }
}

void TrainingRun::launch_forward(const ActiveStep& step, const MessageInfo& info) {
  OwnEnd& own = setting_.own.first;
  const std::size_t m = info.label.micro_batch;
  ConstBytes payload;
  {
    const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
    const Bytes inputs = own.empty()
                             ? inputs_.bytes().first(info.rows * setting_.data.samples.row_bytes())
                             : own.inputs_of(info);
    setting_.training.gather(setting_.data, step.step.samples.subspan(step.first_row[m], info.rows),
                             info.label.step, inputs);
    payload = own.empty() ? inputs : own.forward(info.label);
    if (!own.empty()) keep(info.label, &TrainedWindow::Part::inputs, payload);
  }
  setting_.link.launch(setting_.chain.first_host(), info, payload);
}

// What spot checks want of a window.
void TrainingRun::keep(const Label& label, std::vector<std::byte> TrainedWindow::Part::*what,
                       ConstBytes bytes) {
  if (window_steps_ > 0)
    (window_.part(label.step, label.micro_batch).*what).assign(bytes.begin(), bytes.end());
}

void TrainingRun::on_outputs(Message message) {
  const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
  setting_.link.activity().set_work(activity_work(message.info.label));
  ActiveStep& step = active(message.info.label);
  const std::size_t m = message.info.label.micro_batch;
  const Bytes bytes = setting_.outputs_of(message, step.step.micro_batch_rows[m]);
  keep(message.info.label, &TrainedWindow::Part::outputs, bytes);
  step.losses[m] = loss_of(step, m, bytes);
  if (!std::isfinite(step.losses[m].loss))
    throw RunError("the loss is no longer a finite number in epoch " + std::to_string(epoch_ + 1) +
                   ", step " + std::to_string(step.index + 1) + "; try a smaller --lr");
  keep(message.info.label, &TrainedWindow::Part::gradient, bytes);
  step.gradients[m] = std::move(message);
  queue(step, step.schedule.on_logits(m));
}

// Of what the last host gave, in whose place its gradient comes.
LossSum TrainingRun::loss_of(const ActiveStep& step, std::size_t m, Bytes bytes) {
  const std::size_t rows = step.step.micro_batch_rows[m];
  const Labels labels(setting_.data.labels, step.step.samples.subspan(step.first_row[m], rows));
  const Encoding encoding = setting_.encoding();
  const std::span<float> room = outputs_.as<float>(rows * setting_.criterion.values());
  OwnEnd& own = setting_.own.last;
  if (own.empty()) {
    const std::span<float> outputs = encoding.decoded(bytes, room);
    const LossSum loss = setting_.criterion.sum(outputs, labels, step.gradient_scale, outputs);
    encoding.encoded(outputs, bytes);  // by now their gradient
    return loss;
  }
  const MessageInfo info = steps_.info_of(step.index, step.step, {Release::Kind::kForward, m});
  copy_bytes(bytes, own.inputs_of(info));
  const std::span<const float> outputs = encoding.decoded(own.forward(info.label), room);
  const LossSum loss = setting_.criterion.sum(outputs, labels, step.gradient_scale, room);
  encoding.encode(room, own.gradient_of(info.label));
  copy_bytes(own.backward(info.label), bytes);
  return loss;
}

void TrainingRun::on_backward_done(const Message& message, const ProgressHook& progress) {
  ActiveStep& step = active(message.info.label);
  const std::uint32_t m = message.info.label.micro_batch;
  if (OwnEnd& own = setting_.own.first; !own.empty()) {
    const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
    setting_.link.activity().set_work(activity_work(message.info.label));
    const ConstBytes gradient =
        setting_.input_gradient_of(message, step.step.micro_batch_rows.at(m));
    keep(message.info.label, &TrainedWindow::Part::input_gradient, gradient);
    copy_bytes(gradient, own.gradient_of(message.info.label));
    own.backward(message.info.label);
  }
  queue(step, step.schedule.on_backward_done(m));
  // In order: a step may end before the one ahead of it only where a confirmation of that one was
  // lost.
  for (; !active_.empty() && active_.front().schedule.done(); active_.pop_front()) {
    if (clip_) clip(active_.front());
    finish_step(active_.front(), progress);
  }
}

void TrainingRun::clip(ActiveStep& step) {
  const std::uint32_t updates = steps_.updates_before(step.index);
  OwnEnds& own = setting_.own;
  const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
  while (own.accumulate()) {
  }
  own.share_tied();
  const std::vector<double> squares = clip_->squares(updates);
  const Clipping by = clipping_of(own.squares_around(squares), clip_->most(), epoch_, step.index);
  clip_->scale(updates, by.scale);
  own.update(by.scale);
  if (window_steps_ > 0) window_.clipped(updates) = {squares, by.scale};
  step.gradient_norm = by.norm;
}

void TrainingRun::finish_step(ActiveStep& step, const ProgressHook& progress) {
  LossSum own;
  for (const LossSum& loss : step.losses) {
    sums_ += loss;
    own += loss;
  }
  samples_ += step.step.samples.size();
  if (progress)
    progress({.step = step.index + 1,
              .steps = steps_.count(),
              .samples = samples_,
              .total_samples = steps_.order.size(),
              .loss = sums_.mean(),
              .step_samples = step.step.samples.size(),
              .step_loss = own.mean(),
              .learning_rate = steps_.rate_of(step.index),
              .gradient_norm = step.gradient_norm});
}

}  // namespace mixnn
