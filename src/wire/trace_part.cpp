#include "mixnn/wire/trace_part.hpp"

#include <algorithm>

namespace mixnn {

std::size_t events_per_part(std::size_t bytes) {
  return (bytes - encoded_size(TracePart{})) / encoded_size(ActivityEvent{});
}

std::size_t trace_parts(std::size_t events, std::size_t bytes) {
  const std::size_t in_one = events_per_part(bytes);
  return (events + in_one - 1) / in_one;
}

TracePart trace_part(const ActivityRecorder& recorder, std::size_t index, std::size_t bytes) {
  const std::size_t in_one = events_per_part(bytes);
  const std::size_t first = std::min(index * in_one, recorder.events());
  const std::size_t last = std::min(first + in_one, recorder.events());
  TracePart part;
  part.now_ns = static_cast<std::uint64_t>(SteadyClock().now().count());
  part.dropped = recorder.dropped();
  for (std::size_t i = first; i < last; ++i) part.events.push_back(recorder.event(i));
  return part;
}

}  // namespace mixnn
