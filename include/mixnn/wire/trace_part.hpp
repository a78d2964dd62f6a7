#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/codec.hpp"

namespace mixnn {

void describe(auto& codec, Of<ActivityEvent> auto& event) {
  codec.choice(event.activity, Activity::kOther, Activity::kWait);
  codec.numbers(event.thread, event.work.kind, event.work.step, event.work.micro_batch);
  codec.numbers(event.start_ns, event.duration_ns);
}

// One cell's worth of the events that a rank recorded. Every rank answers equally often, whether it
// has events left or not.
struct TracePart {
  std::uint64_t now_ns = 0;   // the rank's clock as it answers
  std::uint64_t dropped = 0;  // events for which there was no room
  std::vector<ActivityEvent> events;
};
void describe(auto& codec, Of<TracePart> auto& part) {
  codec.numbers(part.now_ns, part.dropped);
  codec.list(part.events);
}

// Events that fit a part of `bytes`, and the parts that `events` of them need: the same for all
// ranks.
std::size_t events_per_part(std::size_t bytes);
std::size_t trace_parts(std::size_t events, std::size_t bytes);

// Part `index`, of at most `bytes`, of what the recorder holds; its events are complete.
TracePart trace_part(const ActivityRecorder& recorder, std::size_t index, std::size_t bytes);

}  // namespace mixnn
