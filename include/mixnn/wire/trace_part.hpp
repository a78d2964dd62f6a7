#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

// One cell's worth of the events that a rank recorded. Every rank answers equally often, whether it
// has events left or not.
struct TracePart {
  std::uint64_t now_ns = 0;   // the rank's clock as it answers
  std::uint64_t dropped = 0;  // events for which there was no room
  std::vector<ActivityEvent> events;
};

// Events that fit a part of `bytes`, and the parts that `events` of them need: the same for all
// ranks.
std::size_t events_per_part(std::size_t bytes);
std::size_t trace_parts(std::size_t events, std::size_t bytes);

// Part `index` of what the recorder holds; its events are complete.
std::vector<std::byte> encode_trace_part(const ActivityRecorder& recorder, std::size_t index,
                                         std::size_t bytes);
// Nothing where it is malformed.
std::optional<TracePart> decode_trace_part(ConstBytes bytes);

}  // namespace mixnn
