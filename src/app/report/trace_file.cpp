#include "mixnn/app/report/trace_file.hpp"

#include <algorithm>
#include <limits>

#include "mixnn/app/report/report.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {
namespace {

std::string row_name(const RankTrace& rank, unsigned thread) {
  std::string name = text("rank %u: %s", rank.rank, to_string(rank.role).c_str());
  if (rank.role == RankUsage::Role::kHost) name += text(" %zu", rank.stage + 1);
  if (thread > 0) name += text(", helper %u", thread);
  return name;
}

// A rank's own thread has its number; the helpers' come after those of all ranks.
unsigned row_number(const RankTrace& rank, unsigned thread, std::size_t ranks) {
  return rank.rank + thread * static_cast<unsigned>(ranks);
}

Json row_json(const RankTrace& rank, unsigned thread, std::size_t ranks) {
  Json owner_only = {{"role", to_string(rank.role)}};
  if (rank.role == RankUsage::Role::kHost) owner_only["stage"] = rank.stage + 1;
  return {
      {"name", "thread_name"},
      {"ph", "M"},
      {"pid", 0},
      {"tid", row_number(rank, thread, ranks)},
      {"args", {{"name", row_name(rank, thread)}, {"helper", thread}, {"owner_only", owner_only}}}};
}

unsigned threads(const RankTrace& rank) {
  unsigned most = 0;
  for (const ActivityEvent& event : rank.events) most = std::max<unsigned>(most, event.thread);
  return 1 + most;
}

Json rank_json(const RankTrace& rank) {
  Json json = {{"rank", rank.rank}, {"events", rank.events.size()}, {"dropped", rank.dropped}};
  if (rank.other_host) {
    json["clock"] = "of another host, set by the quickest answer to the owner";
    json["clock_error_us"] = seconds(rank.round_trip) * 0.5e6;
  }
  return json;
}

std::string args_text(const RankTrace& rank, const Work& work) {
  std::string args;
  if (work.kind != 0) {
    const auto kind = static_cast<MessageKind>(work.kind);
    args = text("\"direction\":\"%s\"", to_string(kind).c_str());
    if (kind == MessageKind::kForward || kind == MessageKind::kBackward ||
        kind == MessageKind::kTest)
      args += text(",\"step\":%u,\"micro_batch\":%u", work.step, work.micro_batch);
  }
  if (rank.role == RankUsage::Role::kHost)
    args += text("%s\"owner_only\":{\"stage\":%zu}", args.empty() ? "" : ",", rank.stage + 1);
  return args;
}

// Microseconds since the first event.
std::string event_text(const RankTrace& rank, const ActivityEvent& event, std::uint64_t begin,
                       std::size_t ranks) {
  return text(
      ",\n"
      R"({"name":"%s","ph":"X","pid":0,"tid":%u,"ts":%.3f,"dur":%.3f,"args":{%s}})",
      to_string(event.activity).c_str(), row_number(rank, event.thread, ranks),
      static_cast<double>(event.start_ns - begin) * 1e-3,
      static_cast<double>(event.duration_ns) * 1e-3, args_text(rank, event.work).c_str());
}

}  // namespace

std::string trace_json(const std::vector<RankTrace>& ranks) {
  std::uint64_t begin = std::numeric_limits<std::uint64_t>::max();
  for (const RankTrace& rank : ranks)
    for (const ActivityEvent& event : rank.events) begin = std::min(begin, event.start_ns);

  Json about = {{"program", version_text()},
                {"owner_only",
                 "the names of the rows, and what stands under owner_only, are the owner's secret"},
                {"micro_batches", "those of the ends of a message; a relay knows none"},
                {"ranks", Json::array()}};
  std::string rows, events;
  for (const RankTrace& rank : ranks) {
    about["ranks"].push_back(rank_json(rank));
    for (unsigned thread = 0; thread < threads(rank); ++thread) {
      if (!rows.empty()) rows += ",\n";
      rows += line_text(row_json(rank, thread, ranks.size()));
    }
    for (const ActivityEvent& event : rank.events)
      events += event_text(rank, event, begin, ranks.size());
  }
  std::string out = "{\"displayTimeUnit\":\"ms\",\"otherData\":";
  out += line_text(about);
  out += ",\n\"traceEvents\":[\n";
  out += rows;
  out += events;
  out += "\n]}\n";
  return out;
}

}  // namespace mixnn
