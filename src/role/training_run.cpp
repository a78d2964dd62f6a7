#include "mixnn/role/training_run.hpp"

#include <cmath>

#include "mixnn/base/error.hpp"

namespace mixnn {

TrainingRun::TrainingRun(const Setting& setting, std::vector<std::uint32_t> order, std::uint32_t first_update,
                         std::uint32_t epoch)
    : setting_(setting),
      order_(std::move(order)),
      first_update_(first_update),
      epoch_(epoch),
      steps_(steps_per_epoch(order_.size(), setting.training.batch_size)),
      inputs_(setting.training.max_rows() * setting.data.sample_bytes()) {}

std::vector<MicroBatchInfo> TrainingRun::infos_of(std::size_t step) const {
  const Step split = step_at(order_, step, setting_.training.batch_size, setting_.training.micro_batches);
  std::vector<MicroBatchInfo> infos;
  for (const std::size_t rows : split.micro_batch_rows)
    infos.push_back({static_cast<std::uint32_t>(first_update_ + step), static_cast<std::uint32_t>(infos.size()),
                     static_cast<std::uint32_t>(split.micro_batch_rows.size()), static_cast<std::uint32_t>(rows),
                     setting_.training.learning_rate});
  return infos;
}

void TrainingRun::run(std::size_t first, std::size_t last, const ProgressHook& progress) {
  std::vector<MicroBatchInfo> all;
  for (std::size_t step = first; step < last; ++step)
    for (const MicroBatchInfo& info : infos_of(step)) all.push_back(info);
  const TrainingTraffic traffic(setting_.chain, std::move(all));
  BookKeeper books(setting_.link, traffic, setting_.chain.hosts);
  next_step_ = first;
  next_chain_ = 0;
  for (;;) {
    if (may_start_step(last)) start_step();
    release(books);
    if (active_.empty()) return;
    Message message = setting_.link.wait();
    if (message.info.label.kind == MessageKind::kForward)
      on_logits(std::move(message));
    else
      on_backward_done(message, books, progress);
  }
}

// The next step may start once nothing of this one is left to release: its forwards must never hold the credits that this
// one's backwards need.
bool TrainingRun::may_start_step(std::size_t last) const {
  if (next_step_ == last) return false;
  if (active_.empty()) return true;
  return active_.size() == 1 && active_.back().schedule.all_released() && forwards_.empty() && backwards_.empty();
}

void TrainingRun::start_step() {
  Step step = step_at(order_, next_step_, setting_.training.batch_size, setting_.training.micro_batches);
  const std::size_t count = step.micro_batch_rows.size();
  const std::size_t depth = 2 * setting_.chain.hosts.size();
  ActiveStep active{next_step_, next_chain_, step, Schedule(setting_.schedule, count, depth), infos_of(next_step_), {},
                    std::vector<LossSum>(count), std::vector<AlignedBuffer>(count)};
  std::size_t row = 0;
  for (const std::size_t rows : step.micro_batch_rows) {
    active.first_row.push_back(row);
    row += rows;
  }
  active_.push_back(std::move(active));
  queue(active_.back(), active_.back().schedule.start());
  ++next_step_;
  next_chain_ += count;
}

void TrainingRun::queue(const ActiveStep& step, const std::vector<Release>& releases) {
  for (const Release& release : releases)
    (release.kind == Release::Kind::kForward ? forwards_ : backwards_).push_back({step.index, release.micro_batch});
}

TrainingRun::ActiveStep& TrainingRun::active(std::uint32_t update) {
  for (ActiveStep& step : active_)
    if (first_update_ + step.index == update) return step;
  throw RunError("an answer came for a step that is not under way");
}

void TrainingRun::release(BookKeeper& books) {
  while (setting_.link.has_credit()) {
    if (!backwards_.empty()) {
      launch_backward(backwards_.front());
      backwards_.pop_front();
      continue;
    }
    if (forwards_.empty()) return;
    const Ready ready = forwards_.front();
    const ActiveStep& step = active(static_cast<std::uint32_t>(first_update_ + ready.step));
    if (!books.cover(step.first_chain + ready.micro_batch)) return;
    launch_forward(ready);
    forwards_.pop_front();
  }
}

void TrainingRun::launch_forward(const Ready& ready) {
  const ActiveStep& step = active(static_cast<std::uint32_t>(first_update_ + ready.step));
  const MicroBatchInfo& info = step.infos[ready.micro_batch];
  const Bytes inputs = inputs_.bytes().first(info.rows * setting_.data.sample_bytes());
  setting_.data.gather(step.step.samples.subspan(step.first_row[ready.micro_batch], info.rows), inputs);
  setting_.link.launch(setting_.chain.hosts.front(), info.info(MessageKind::kForward), inputs);
}

void TrainingRun::launch_backward(const Ready& ready) {
  ActiveStep& step = active(static_cast<std::uint32_t>(first_update_ + ready.step));
  const MicroBatchInfo& info = step.infos[ready.micro_batch];
  AlignedBuffer gradient = std::move(step.gradients[ready.micro_batch]);
  setting_.link.launch(setting_.chain.hosts.back(), info.info(MessageKind::kBackward),
                       gradient.bytes().first(info.rows * setting_.classes * sizeof(float)));
  setting_.link.recycle(std::move(gradient));
}

void TrainingRun::on_logits(Message message) {
  ActiveStep& step = active(message.info.label.step);
  const std::size_t m = message.info.label.micro_batch;
  const std::size_t rows = step.infos[m].rows;
  std::vector<std::uint8_t> labels;
  for (const std::uint32_t sample : step.step.samples.subspan(step.first_row[m], rows))
    labels.push_back(setting_.data.labels[sample]);
  const std::span<float> logits = message.payload.as<float>(rows * setting_.classes);
  const float scale = 1.0f / static_cast<float>(step.step.samples.size());
  step.losses[m] = softmax_cross_entropy(logits, labels, setting_.classes, scale, logits);
  if (!std::isfinite(step.losses[m].loss))
    throw RunError("the loss is no longer a finite number in epoch " + std::to_string(epoch_ + 1) + ", step " +
                   std::to_string(step.index + 1) + "; try a smaller --lr");
  step.gradients[m] = std::move(message.payload);
  queue(step, step.schedule.on_logits(m));
}

void TrainingRun::on_backward_done(const Message& message, BookKeeper& books, const ProgressHook& progress) {
  ActiveStep& step = active(message.info.label.step);
  const std::size_t m = message.info.label.micro_batch;
  books.ended(step.first_chain + m);
  queue(step, step.schedule.on_backward_done(m));
  if (!step.schedule.done()) return;
  MIXNN_CHECK(&step == &active_.front(), "a step ended before the one ahead of it");
  finish_step(step, progress);
  active_.pop_front();
}

void TrainingRun::finish_step(ActiveStep& step, const ProgressHook& progress) {
  for (const LossSum& loss : step.losses) {
    sums_.loss += loss.loss;
    sums_.correct += loss.correct;
  }
  samples_ += step.step.samples.size();
  if (progress) progress({step.index + 1, steps_, samples_, order_.size(), sums_.loss / static_cast<double>(samples_)});
}

}  // namespace mixnn
