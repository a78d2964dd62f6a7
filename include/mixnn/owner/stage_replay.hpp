#pragma once
#include <vector>

#include "mixnn/crypto/hash.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/trained_window.hpp"
#include "mixnn/owner/window_opening.hpp"

namespace mixnn {

// Digests as a host commits to them: of its state, and of what travels at its two ends.
struct StateDigest {
  Digest parameters{}, optimizer{};
  bool operator==(const StateDigest&) const = default;
};
StateDigest state_digest(std::span<const float> state, std::size_t parameters);

// A window computed again from what a host opened of it, by the code that hosts run.
struct StageReplay {
  StateDigest begin, end;
  Digest inputs{}, gradients{};         // what was opened
  Digest outputs{}, input_gradients{};  // what follows from it
  std::vector<double> squares;          // of the gradients of each step, if they are clipped
};
StageReplay replay_stage(const StageSpec& spec, const TrainedWindow& window, WindowOpening opening);

}  // namespace mixnn
