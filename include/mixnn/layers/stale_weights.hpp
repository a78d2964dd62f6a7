#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "mixnn/layers/optimizer/kind.hpp"

namespace mixnn {

// The two versions of a stage's weights with --staleness 1 (docs/model.md, "Stale weights"): the
// newest, which updates change, and those before the last update. A step computes, forward and
// backward, with the weights before the last update made before it; the first of an epoch with the
// newest. So the step whose update is the next has the stale ones, and the step behind it may begin
// with those that are the newest now, and are the stale ones after that update. Owns no weights.
class StaleWeights {
 public:
  // Both as long. `epoch`: steps of one. `updates`: those that the weights have behind them.
  StaleWeights(std::span<float> newest, std::span<float> stale, std::uint32_t epoch,
               std::uint32_t updates)
      : newest_(newest), stale_(stale), epoch_(epoch), updates_(updates) {}

  // Those with which the step behind so many updates computes: the step whose update is the next,
  // or the one behind it, if that is in the same epoch.
  std::span<float> of(std::uint32_t step);
  bool are_stale(std::span<const float> weights) const { return weights.data() == stale_.data(); }
  // The update of the present step comes.
  void before_update();
  // What no update changes, such as running statistics, is the same in both: micro-batches change
  // it in the stale ones, and the newest take it over.
  void take_untrained(std::span<const UpdatedTensor> tensors);

 private:
  std::span<float> newest_, stale_;
  std::uint32_t epoch_, updates_;
  std::optional<std::uint32_t> begun_;  // the last first step of an epoch
};

}  // namespace mixnn
