#include "mixnn/train/best_epoch.hpp"

#include <algorithm>

namespace mixnn {

std::optional<std::size_t> best_epoch(std::span<const EpochRecord> epochs) {
  if (epochs.empty()) return std::nullopt;
  const auto best = std::ranges::min_element(
      epochs, {}, [](const EpochRecord& epoch) { return epoch.test.loss; });
  return static_cast<std::size_t>(best - epochs.begin());
}

bool stops_early(std::span<const EpochRecord> epochs, std::size_t patience) {
  const std::optional<std::size_t> best = best_epoch(epochs);
  return patience > 0 && best && epochs.size() - 1 - *best >= patience;
}

}  // namespace mixnn
