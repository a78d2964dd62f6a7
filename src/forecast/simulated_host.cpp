#include "mixnn/forecast/simulated_host.hpp"

#include <algorithm>
#include <utility>

namespace mixnn {
namespace {

// About what products are cut into (tensor/products.hpp).
constexpr double kPartSeconds = 20e-6, kMostParts = 4;

}  // namespace

SimulatedHost::SimulatedHost(RankSimulation& ranks, std::size_t rank, const StageCosts& costs,
                             std::vector<std::size_t> rows, OnRequest forwarded, OnRequest returned,
                             std::size_t staleness)
    : ranks_(ranks),
      rank_(rank),
      costs_(costs),
      rows_(std::move(rows)),
      forwarded_(std::move(forwarded)),
      returned_(std::move(returned)),
      staleness_(staleness),
      has_gradient_(rows_.size()) {}

void SimulatedHost::compute(SimulatedTask task, double seconds, RankSimulation::Event done) {
  const auto parts = static_cast<std::size_t>(std::clamp(seconds / kPartSeconds, 1.0, kMostParts));
  ranks_.add(rank_, task, seconds_of_kind(WorkKind::kCompute, seconds), std::move(done), parts);
}

void SimulatedHost::forward(const SimulatedRequest& request) {
  if (request.step > step_ + staleness_) return waiting_.push_back(request);
  compute(kForward, costs_.forward(rows(request.micro_batch)),
          [this, request] { forwarded_(request); });
}

void SimulatedHost::backward(const SimulatedRequest& request) {
  if (request.step != step_) return returning_.push_back(request);
  compute(kBackward, costs_.input_gradient(rows(request.micro_batch)), [this, request] {
    returned_(request);
    has_gradient_[request.micro_batch] = true;
    if (request.micro_batch == accumulated_) accumulate();
  });
}

void SimulatedHost::accumulate() {
  compute(kAccumulate, costs_.accumulate(rows(accumulated_)), [this] {
    if (++accumulated_ == rows_.size()) return update();
    if (has_gradient_[accumulated_]) accumulate();
  });
}

void SimulatedHost::update() {
  compute(kUpdate, costs_.update, [this] {
    ++step_;
    accumulated_ = 0;
    has_gradient_.assign(rows_.size(), false);
    for (const SimulatedRequest& request : std::exchange(returning_, {})) backward(request);
    for (const SimulatedRequest& request : std::exchange(waiting_, {})) forward(request);
  });
}

}  // namespace mixnn
