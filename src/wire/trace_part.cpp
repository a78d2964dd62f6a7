#include "mixnn/wire/trace_part.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kHeadBytes = 8 + 8 + 4, kEventBytes = 1 + 1 + 1 + 4 + 4 + 8 + 8;

}  // namespace

std::size_t events_per_part(std::size_t bytes) { return (bytes - kHeadBytes) / kEventBytes; }

std::size_t trace_parts(std::size_t events, std::size_t bytes) {
  const std::size_t in_one = events_per_part(bytes);
  return (events + in_one - 1) / in_one;
}

std::vector<std::byte> encode_trace_part(const ActivityRecorder& recorder, std::size_t index,
                                         std::size_t bytes) {
  const std::size_t in_one = events_per_part(bytes);
  const std::size_t first = std::min(index * in_one, recorder.events());
  const std::size_t last = std::min(first + in_one, recorder.events());
  std::vector<std::byte> out;
  out.reserve(bytes);
  ByteWriter writer(out);
  writer.put(static_cast<std::uint64_t>(SteadyClock().now().count()));
  writer.put(recorder.dropped());
  writer.put(static_cast<std::uint32_t>(last - first));
  for (std::size_t i = first; i < last; ++i) {
    const ActivityEvent event = recorder.event(i);
    writer.put(event.activity);
    writer.put(event.thread);
    writer.put(event.work.kind);
    writer.put(event.work.step);
    writer.put(event.work.micro_batch);
    writer.put(event.start_ns);
    writer.put(event.duration_ns);
  }
  return out;
}

std::optional<TracePart> decode_trace_part(ConstBytes bytes) {
  ByteReader reader(bytes);
  TracePart part;
  part.now_ns = reader.get<std::uint64_t>();
  part.dropped = reader.get<std::uint64_t>();
  const auto count = reader.get<std::uint32_t>();
  if (!reader.ok() || count > reader.rest().size() / kEventBytes) return std::nullopt;
  part.events.resize(count);
  for (ActivityEvent& event : part.events) {
    event.activity = reader.get<Activity>();
    event.thread = reader.get<std::uint8_t>();
    event.work.kind = reader.get<std::uint8_t>();
    event.work.step = reader.get<std::uint32_t>();
    event.work.micro_batch = reader.get<std::uint32_t>();
    event.start_ns = reader.get<std::uint64_t>();
    event.duration_ns = reader.get<std::uint64_t>();
    if (static_cast<std::size_t>(event.activity) >= kActivities) return std::nullopt;
  }
  return part;
}

}  // namespace mixnn
