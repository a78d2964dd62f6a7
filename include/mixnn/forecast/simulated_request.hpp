#pragma once
#include <cstddef>
#include <functional>

namespace mixnn {

// One micro-batch of one step, on its way through the simulated hosts and back.
struct SimulatedRequest {
  std::size_t step, micro_batch;
};
using OnRequest = std::function<void(const SimulatedRequest&)>;

// What a simulated rank does first, where it has several things to do: a message is sent in one go,
// cells are taken before other work, and a host's work goes in StageHost's order. For
// RankSimulation::add.
enum SimulatedTask { kSend, kUpdate, kTake, kBackward, kForward, kAccumulate };

}  // namespace mixnn
