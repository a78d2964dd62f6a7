#include "mixnn/forecast/simulated_owner.hpp"

#include <utility>

namespace mixnn {
namespace {

void append(const std::vector<Release>& releases, std::size_t step,
            std::deque<SimulatedRequest>& queue) {
  for (const Release& release : releases) queue.push_back({step, release.micro_batch});
}

}  // namespace

SimulatedOwner::SimulatedOwner(RankSimulation& ranks, Run run, OnRequest send_inputs,
                               OnRequest send_gradient)
    : ranks_(ranks),
      run_(std::move(run)),
      send_inputs_(std::move(send_inputs)),
      send_gradient_(std::move(send_gradient)) {}

bool SimulatedOwner::may_start() const {
  if (started_ == run_.steps) return false;
  if (active_.empty()) return true;
  if (!active_.back().schedule.forwards_released() || !forwards_.empty()) return false;
  if (active_.size() <= run_.staleness) return true;
  return !run_.first && active_.size() == run_.staleness + 1 &&
         active_.front().schedule.all_released() && backwards_.empty();
}

void SimulatedOwner::start() {
  while (may_start()) {
    active_.push_back({started_, Schedule(run_.schedule, run_.rows.size(), run_.depth)});
    append(active_.back().schedule.start(), started_, forwards_);
    ++started_;
    release();
  }
  release();
}

void SimulatedOwner::release() {
  const auto all_of = [this](std::deque<SimulatedRequest>& queue, const OnRequest& send) {
    for (; !queue.empty() && under_way_ < run_.in_flight; queue.pop_front()) {
      ++under_way_;
      send(queue.front());
    }
  };
  all_of(backwards_, send_gradient_);
  all_of(forwards_, send_inputs_);
}

void SimulatedOwner::on_logits(const SimulatedRequest& request) {
  --under_way_;
  const double rows = rows_of(request);
  const double seconds = run_.loss(rows) + run_.last.forward(rows) + run_.last.input_gradient(rows);
  ranks_.add(kRank, kSend, seconds_of_kind(WorkKind::kCompute, seconds), [this, request] {
    append(schedule_of(request.step).on_logits(request.micro_batch), request.step, backwards_);
    release();
    accumulate_last(request.micro_batch);
    start();
  });
}

// Nothing waits for it but what comes next on this rank.
void SimulatedOwner::accumulate_last(std::size_t micro_batch) {
  const bool all = micro_batch + 1 == run_.rows.size();
  const double seconds = run_.last.accumulate(static_cast<double>(run_.rows[micro_batch])) +
                         (all ? run_.last.update : 0);
  if (seconds > 0)
    ranks_.add(kRank, kAccumulate, seconds_of_kind(WorkKind::kCompute, seconds), [] {});
}

void SimulatedOwner::on_backward_done(const SimulatedRequest& request) {
  --under_way_;
  if (!run_.first) return ended(request);
  const bool all = request.micro_batch + 1 == run_.rows.size();
  const double rows = rows_of(request);
  const double seconds = run_.first->input_gradient(rows) + run_.first->accumulate(rows) +
                         (all ? run_.first->update : 0);
  ranks_.add(kRank, kBackward, seconds_of_kind(WorkKind::kCompute, seconds),
             [this, request] { ended(request); });
}

void SimulatedOwner::ended(const SimulatedRequest& request) {
  append(schedule_of(request.step).on_backward_done(request.micro_batch), request.step, forwards_);
  for (; !active_.empty() && active_.front().schedule.done(); active_.pop_front())
    ended_.push_back(ranks_.now());
  release();
  start();
}

}  // namespace mixnn
