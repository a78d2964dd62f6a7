#pragma once
#include <cstdint>
#include <vector>

#include "feature_sheet.hpp"
#include "timeline.hpp"

namespace mixnn {

// How often, how large, on which links: nothing of when.
void add_counts(const SeenTraffic& seen, const std::vector<std::uint32_t>& candidates,
                FeatureSheet& sheet);
// When, along one axis: by places this is order, and no clock is used.
void add_moments(const SeenTraffic& seen, const std::vector<std::uint32_t>& candidates, Axis axis,
                 FeatureSheet& sheet);
// What a member that hosts knows of its own messages, along one axis.
void add_own_messages(const SeenTraffic& seen, const std::vector<std::uint32_t>& candidates,
                      Axis axis, FeatureSheet& sheet);

}  // namespace mixnn
