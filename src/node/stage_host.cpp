#include "mixnn/node/stage_host.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

StageHost::StageHost(const StageSpec& spec, std::size_t part_floats, std::uint32_t updates,
                     Products products)
    : StageHost(part_floats, updates) {
  stage_.emplace(spec, products, updates);
}

StageHost::StageHost(std::size_t part_floats, std::uint32_t updates)
    : part_floats_(part_floats), step_(updates) {
  if (part_floats == 0) throw RunError("a specification with parts of nothing");
}

void StageHost::accept(Message message) {
  const MessageInfo& info = message.info;
  const bool activations =
      info.label.kind == MessageKind::kForward || info.label.kind == MessageKind::kTest;
  const bool gradients = info.label.kind == MessageKind::kBackward;
  if (info.label.step < step_)
    throw RunError("a " + to_string(info.label) + " came after its step had ended");
  if (activations || gradients) {
    if (!stage_) throw RunError("a " + to_string(info.label) + " came to a rank without a stage");
    const StageSpec& spec = stage_->spec();
    const std::size_t bytes =
        activations ? spec.input_bytes(info.rows) : spec.output_bytes(info.rows);
    if (info.rows == 0 || info.rows > spec.max_rows || bytes > message.payload.size())
      throw RunError("a " + to_string(info.label) + " has rows that do not fit this stage");
    if (info.label.kind != MessageKind::kTest && info.label.micro_batch >= info.micro_batches)
      throw RunError("a " + to_string(info.label) + " is not one of its step's " +
                     std::to_string(info.micro_batches));
  }
  waiting_.push_back(std::move(message));
}

bool StageHost::holds(const Label& request) const {
  return std::ranges::any_of(waiting_,
                             [&](const Message& message) { return message.info.label == request; });
}

// What comes first is done first.
bool StageHost::work(Answers& answers) {
  struct Task {
    MessageKind kind;
    bool (StageHost::*run)(Answers&);
  };
  static constexpr std::array kTasks{Task{MessageKind::kBackward, &StageHost::backward},
                                     Task{MessageKind::kForward, &StageHost::forward},
                                     Task{MessageKind::kBackward, &StageHost::accumulate},
                                     Task{MessageKind::kTest, &StageHost::test},
                                     Task{MessageKind::kGather, &StageHost::gather},
                                     Task{MessageKind::kParameters, &StageHost::set_parameters},
                                     Task{MessageKind::kCheckpoint, &StageHost::write_checkpoint},
                                     Task{MessageKind::kOpening, &StageHost::open}};
  static_assert(covers_all_kinds<Recipient::kStage>(kTasks), "a kind for stages without a task");
  return std::any_of(kTasks.begin(), kTasks.end(),
                     [&](const Task& task) { return (this->*task.run)(answers); });
}

void StageHost::add_memory(Usage& usage) const {
  if (!stage_) return;
  usage.parameters = stage_->parameter_bytes();
  usage.optimizer = stage_->optimizer_bytes();
  usage.passes = all_passes_;
  usage.pass_bytes = all_passes_ * stage_->pass_bytes() + stage_->scratch_bytes();
  if (!window_) return;
  usage.pass_bytes += all_passes_ * stage_->beside_bytes();
  usage.window_bytes = window_->memory_bytes();
  usage.message_bytes -= std::min<std::uint64_t>(usage.message_bytes, window_->message_bytes());
}

bool StageHost::is_due(const Label& label) const {
  if (!stage_ || label.step == step_) return true;  // a decoy's makes no steps
  return label.kind == MessageKind::kForward && label.step == step_ + 1 &&
         stage_->spec().overlaps(label.step);
}

StageHost::Waiting::iterator StageHost::find_ready(MessageKind kind, const Answers& answers) {
  auto first = waiting_.end();
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    const Label& label = it->info.label;
    if (label.kind != kind || !is_due(label) || !answers.can_answer(label)) continue;
    if (kind == MessageKind::kBackward && !now_.micro_batches.contains(label.micro_batch)) continue;
    const auto order = [](const Label& of) { return std::pair(of.step, of.micro_batch); };
    if (first == waiting_.end() || order(label) < order(first->info.label)) first = it;
  }
  return first;
}

Message StageHost::take(Waiting::iterator at) {
  Message message = std::move(*at);
  waiting_.erase(at);
  return message;
}

Pass StageHost::take_pass() {
  if (passes_.empty()) {
    ++all_passes_;
    return stage_->make_pass();
  }
  Pass pass = std::move(passes_.back());
  passes_.pop_back();
  return pass;
}

bool StageHost::backward(Answers& answers) {
  const auto ready = find_ready(MessageKind::kBackward, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  MicroBatch& micro_batch = now_.micro_batches.at(message.info.label.micro_batch);
  if (message.info.rows != micro_batch.rows || micro_batch.has_input_gradient)
    throw RunError("a " + to_string(message.info.label) + " does not fit its forward");
  micro_batch.gradient = std::move(message.payload);
  const Bytes output_gradient =
      micro_batch.gradient.bytes().first(stage_->spec().output_bytes(micro_batch.rows));
  const ConstBytes input_gradient =
      window_ ? stage_->input_gradient_beside(*micro_batch.pass, output_gradient)
              : stage_->input_gradient(*micro_batch.pass, output_gradient);
  micro_batch.has_input_gradient = true;
  learning_rate_ = message.info.learning_rate;
  answers.answer(message.info.label, input_gradient);
  return true;
}

bool StageHost::forward(Answers& answers) {
  const auto ready = find_ready(MessageKind::kForward, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  StepWork& step = message.info.label.step == step_ ? now_ : next_;
  const auto [at, fresh] = step.micro_batches.try_emplace(message.info.label.micro_batch);
  if (!fresh || (step.all != 0 && step.all != message.info.micro_batches))
    throw RunError("a " + to_string(message.info.label) + " does not fit its step");
  step.all = message.info.micro_batches;
  MicroBatch& micro_batch = at->second;
  micro_batch.rows = message.info.rows;
  micro_batch.input = std::move(message.payload);
  micro_batch.pass.emplace(take_pass());
  const ConstBytes input =
      micro_batch.input.bytes().first(stage_->spec().input_bytes(micro_batch.rows));
  if (window_ && window_->ended()) window_->begin(stage_->state());
  const Occasion occasion{
      .training = true, .step = message.info.label.step, .first_row = message.info.first_row};
  answers.answer(message.info.label,
                 stage_->forward(*micro_batch.pass, input, micro_batch.rows, occasion));
  return true;
}

bool StageHost::accumulate(Answers& answers) {
  const auto next = now_.micro_batches.find(now_.accumulated);
  if (next == now_.micro_batches.end() || !next->second.has_input_gradient) return false;
  answers.begins({MessageKind::kBackward, step_, now_.accumulated, 0});
  MicroBatch& micro_batch = next->second;
  stage_->accumulate(*micro_batch.pass);
  passes_.push_back(std::move(*micro_batch.pass));
  micro_batch.pass.reset();
  if (window_)
    window_->keep(micro_batch.input, stage_->spec().input_bytes(micro_batch.rows),
                  micro_batch.gradient, stage_->spec().output_bytes(micro_batch.rows));
  answers.recycle(std::move(micro_batch.input));
  answers.recycle(std::move(micro_batch.gradient));
  ++now_.accumulated;
  if (now_.complete() && !stage_->spec().clipped) update(1);
  return true;
}

void StageHost::update(float gradient_scale) {
  stage_->update({step_ + std::uint64_t{1}, learning_rate_, gradient_scale});
  now_ = std::exchange(next_, {});
  ++step_;
}

bool StageHost::has_gradients(std::uint32_t updates) const {
  if (!stage_) return true;
  if (!stage_->spec().clipped || updates != step_)
    throw RunError("was asked for gradients that it does not have");
  return now_.complete();
}

void StageHost::scale(std::uint32_t updates, float by) {
  if (!has_gradients(updates)) throw RunError("got a scale for gradients that it does not have");
  if (stage_) update(by);
}

bool StageHost::test(Answers& answers) {
  const auto ready = find_ready(MessageKind::kTest, answers);
  if (ready == waiting_.end() || !now_.micro_batches.empty()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  Pass pass = take_pass();
  const ConstBytes input =
      message.payload.bytes().first(stage_->spec().input_bytes(message.info.rows));
  answers.answer(message.info.label, stage_->forward(pass, input, message.info.rows, kEvaluation));
  passes_.push_back(std::move(pass));
  answers.recycle(std::move(message.payload));
  return true;
}

// Empty past the end: all ranks are sent and asked for as many parts as the largest stage has.
template <class Float>
std::span<Float> StageHost::part_of(std::span<Float> all, std::uint32_t part) const {
  const std::size_t from = std::min(std::size_t{part} * part_floats_, all.size());
  return all.subspan(from, std::min(part_floats_, all.size() - from));
}

bool StageHost::gather(Answers& answers) {
  const auto ready = find_ready(MessageKind::kGather, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  const std::span<float> parameters = stage_ ? stage_->parameters() : std::span<float>();
  answers.answer(message.info.label, std::as_bytes(part_of(parameters, message.info.label.part)));
  answers.recycle(std::move(message.payload));
  return true;
}

bool StageHost::set_parameters(Answers& answers) {
  const auto ready = find_ready(MessageKind::kParameters, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  const std::span<float> whole = part_of(state(), message.info.label.part);
  if (message.info.rows > whole.size())
    throw RunError("a part of the parameters does not fit this stage");
  const std::span<float> target = whole.first(message.info.rows);
  if (target.size_bytes() > message.payload.size())
    throw RunError("a part of the parameters is too short");
  copy_bytes(message.payload.bytes().first(target.size_bytes()), std::as_writable_bytes(target));
  answers.answer(message.info.label, {});
  answers.recycle(std::move(message.payload));
  return true;
}

bool StageHost::write_checkpoint(Answers& answers) {
  const auto ready = find_ready(MessageKind::kCheckpoint, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  const std::optional<ShardOrder> order = decode<ShardOrder>(message.payload.bytes());
  if (!order || order->chunks < shard_chunks(state().size()))
    throw RunError("a malformed checkpoint order");
  ShardReceipt receipt;
  try {
    if (std::ranges::all_of(state(), [](float x) { return std::isfinite(x); }))
      receipt.sha256 =
          write_shard(order->folder, order->name, order->public_key, order->chunks, state());
    else
      receipt = ShardReceipt::of_problem(ShardReceipt::kNotFinite);
  } catch (const FileError& error) {
    receipt = ShardReceipt::of_problem(static_cast<std::uint32_t>(error.reason()));
  }
  answers.answer(message.info.label, encode(receipt));
  answers.recycle(std::move(message.payload));
  return true;
}

bool StageHost::has_made(std::uint32_t updates) const {
  if (stage_ && step_ > updates) throw RunError("was asked for a state that it no longer has");
  return !stage_ || (step_ == updates && now_.micro_batches.empty());
}

Commitment StageHost::commit(bool tensors) {
  Commitment commitment;
  const ConstBytes all = std::as_bytes(state());
  const std::size_t parameters = stage_ ? stage_->parameters().size_bytes() : 0;
  const auto digest = [this](const std::vector<ConstBytes>& pieces) {
    for (const ConstBytes piece : pieces) hash_.add(piece);
    return hash_.finish();
  };
  commitment.parameters = digest({all.first(parameters)});
  commitment.optimizer = digest({all.subspan(parameters)});
  if (!window_) window_.emplace();
  window_->end();
  if (tensors) {
    commitment.inputs = digest(window_->inputs());
    commitment.gradients = digest(window_->gradients());
  }
  return commitment;
}

// A decoy has nothing, and its answer is as long.
bool StageHost::open(Answers& answers) {
  const auto ready = find_ready(MessageKind::kOpening, answers);
  if (ready == waiting_.end()) return false;
  Message message = take(ready);
  answers.begins(message.info.label);
  const Label& label = message.info.label;
  if (!window_) throw RunError("was asked to open a window without one");
  ConstBytes opened;
  if (label.micro_batch == static_cast<std::uint32_t>(Opened::kState)) {
    opened = std::as_bytes(part_of(window_->state(), label.part));
  } else {
    const bool input = label.micro_batch == static_cast<std::uint32_t>(Opened::kInput);
    const std::vector<ConstBytes> pieces = input ? window_->inputs() : window_->gradients();
    if (label.part < pieces.size()) opened = pieces[label.part];
  }
  answers.answer(message.info.label, opened);
  answers.recycle(std::move(message.payload));
  return true;
}

}  // namespace mixnn
