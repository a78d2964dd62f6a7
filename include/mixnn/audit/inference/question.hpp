#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mixnn/audit/inference/posterior.hpp"
#include "mixnn/audit/observers.hpp"

namespace mixnn {

// What an observer saw of one run, and how the candidates stand in it.
struct SeenRun {
  Sight sight;
  std::vector<std::uint32_t> order;  // candidates by stage, as sight.observation counts them
};

// The models of what the observer wants to know, over all these runs, which have as many candidates
// each. Of an order: an OrderModel. Of a host's position: a ChoiceModel of all positions, in which
// a feature of the host may rise with the position, bend, or stand out at the first or the last. Of
// the rank behind a host: one of all other candidates and nobody.
std::unique_ptr<Posterior> posterior_of(PlanSecret secret, std::span<const SeenRun> runs);

}  // namespace mixnn
