#include "mixnn/audit/merged_log.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

void shift(WireLog& log, std::int64_t offset_ns) {
  const auto by = static_cast<std::uint64_t>(offset_ns);
  for (LoggedCell& cell : log.cells) cell.time_ns -= by;
  for (LoggedMessage& message : log.messages) message.time_ns -= by;
  for (LoggedStep& step : log.steps) step.time_ns -= by;
}

// What one says that it sent to the other, the other cannot have taken more often.
void check_links(const std::vector<WireLog>& ranks) {
  const std::size_t count = ranks.size();
  std::vector<std::uint64_t> sent(count * count), taken(count * count);
  for (std::size_t rank = 0; rank < count; ++rank)
    for (const LoggedCell& cell : ranks[rank].cells)
      ++(cell.sent ? sent[rank * count + cell.peer] : taken[cell.peer * count + rank]);
  for (std::size_t link = 0; link < sent.size(); ++link)
    if (taken[link] > sent[link])
      throw UsageError("the logs are not of one run: rank " + std::to_string(link % count) +
                       " took more cells of rank " + std::to_string(link / count) +
                       " than that one sent");
}

}  // namespace

MergedLog merge_logs(WireTruth truth, std::vector<WireLog> ranks) {
  if (ranks.size() != truth.ranks)
    throw UsageError("there are logs of " + std::to_string(ranks.size()) + " ranks, but " +
                     std::to_string(truth.ranks) + " took part");
  for (std::uint32_t rank = 0; rank < truth.ranks; ++rank)
    if (ranks[rank].rank != rank || ranks[rank].ranks != truth.ranks)
      throw UsageError("the log of rank " + std::to_string(rank) + " is another\'s");
  check_links(ranks);
  for (std::uint32_t rank = 0; rank < truth.ranks; ++rank)
    shift(ranks[rank], truth.clocks[rank].offset_ns);
  return {std::move(truth), std::move(ranks)};
}

MergedLog read_run(const std::filesystem::path& folder) {
  WireTruth truth = read_wire_truth(wire_truth_file(folder));
  std::vector<WireLog> ranks;
  for (std::uint32_t rank = 0; rank < truth.ranks; ++rank)
    ranks.push_back(read_wire_log(wire_log_file(folder, rank)));
  try {
    return merge_logs(std::move(truth), std::move(ranks));
  } catch (const UsageError& error) {
    throw UsageError(folder.string() + ": " + error.what());
  }
}

std::vector<std::filesystem::path> run_folders(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(wire_truth_file(folder), error)) return {folder};
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (std::filesystem::exists(wire_truth_file(entry->path()), error))
      found.push_back(entry->path());
  if (error) throw UsageError(folder.string() + ": cannot be read: " + error.message());
  if (found.empty())
    throw UsageError(folder.string() +
                     ": holds no wire logs (of train --wire-log DIR, or of bench/audit_runs.sh)");
  std::ranges::sort(found);
  return found;
}

AuditedRun audited_run(const MergedLog& log) {
  AuditedRun run;
  run.hosts = log.truth.hosts;
  run.traffic = log.truth.traffic;
  run.model = log.truth.model;
  const std::size_t marks = log.ranks.front().steps.size();
  run.steps = marks > 0 ? marks - 1 : 0;
  return run;
}

}  // namespace mixnn
