#include "mixnn/owner/trace_collection.hpp"

namespace mixnn {
namespace {

RankTrace empty_trace(const RankUsage& usage, const Transport& transport) {
  RankTrace trace;
  trace.rank = usage.rank;
  trace.role = usage.role;
  trace.stage = usage.stage;
  trace.other_host = !transport.on_this_host(static_cast<int>(usage.rank));
  trace.round_trip = Nanoseconds::max();
  return trace;
}

// Of two clocks. The other one is a rank's, which may say anything.
Nanoseconds between(std::uint64_t theirs, Nanoseconds ours) {
  return Nanoseconds(static_cast<std::int64_t>(theirs - static_cast<std::uint64_t>(ours.count())));
}

void add_part(const OwnerLink::TraceAnswer& answer, RankTrace& trace) {
  const Nanoseconds round_trip = answer.answered - answer.asked;
  if (round_trip < trace.round_trip) {
    trace.round_trip = round_trip;
    trace.offset = between(answer.part.now_ns, answer.asked + round_trip / 2);
  }
  trace.dropped = answer.part.dropped;
  trace.events.insert(trace.events.end(), answer.part.events.begin(), answer.part.events.end());
}

}  // namespace

std::vector<RankTrace> collect_traces(OwnerLink& link, const UsageLedger& ledger,
                                      const Transport& transport, std::size_t events) {
  std::vector<RankTrace> traces;
  for (const RankUsage& rank : ledger.ranks()) traces.push_back(empty_trace(rank, transport));
  for (std::size_t i = trace_parts(events, link.trace_part_bytes()); i > 0; --i) {
    link.make_room(0);
    for (const auto& [rank, answer] : link.ask_trace()) add_part(answer, traces[rank]);
  }
  const ActivityRecorder& own = link.activity();
  traces.front().dropped = own.dropped();
  for (std::size_t i = 0; events > 0 && i < own.events(); ++i)
    traces.front().events.push_back(own.event(i));
  for (RankTrace& trace : traces)
    if (trace.other_host)
      for (ActivityEvent& event : trace.events)
        event.start_ns -= static_cast<std::uint64_t>(trace.offset.count());
  return traces;
}

}  // namespace mixnn
