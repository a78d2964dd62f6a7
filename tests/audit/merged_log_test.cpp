#include "mixnn/audit/merged_log.hpp"

#include <gtest/gtest.h>

#include "audit/log_files.hpp"
#include "mixnn/audit/wire_log_writer.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::content_of;
using testing::expect_refused;
using testing::put_content;
using testing::ScratchFolder;
namespace fs = std::filesystem;

WireTruth small_truth() {
  WireTruth truth;
  truth.model = "small";
  truth.traffic = "onion";
  truth.ranks = 4;
  truth.batch = 8;
  truth.micro_batches = 2;
  truth.hops = 1;
  truth.hosts = {3, 1};
  truth.clocks.resize(4);
  truth.clocks[2] = {-100, 20};
  truth.machines = {0, 1, 1, 0};
  truth.apart = true;
  return truth;
}

// Each rank sends the next one a cell, which passes it on to the one behind that.
std::vector<WireLog> small_logs() {
  std::vector<WireLog> logs(4);
  for (std::uint32_t rank = 0; rank < 4; ++rank) {
    logs[rank].rank = rank;
    logs[rank].ranks = 4;
    LoggedCell cell;
    cell.bytes = 512;
    cell.sent = true;
    cell.peer = (rank + 1) % 4;
    cell.time_ns = 1000 + rank;
    logs[rank].cells.push_back(cell);
    cell.sent = false;
    cell.peer = (rank + 3) % 4;
    cell.taken = 1;
    cell.time_ns = 1010;
    logs[rank].cells.push_back(cell);
  }
  logs[0].steps = {{900, 0}, {1100, 1}, {1200, 2}};
  return logs;
}

void write_run(const fs::path& folder, const WireTruth& truth) {
  for (const WireLog& log : small_logs()) {
    WireLogWriter writer(folder, log.rank, log.ranks);
    for (const LoggedCell& cell : log.cells) writer.add(cell);
    writer.close();
  }
  write_wire_truth(truth, wire_truth_file(folder));
}

TEST(WireTruth, ComesBackAsItWasWritten) {
  const ScratchFolder folder;
  const fs::path file = wire_truth_file(folder.path);
  write_wire_truth(small_truth(), file);
  const WireTruth truth = read_wire_truth(file);
  EXPECT_EQ(truth.hosts, (std::vector<std::uint32_t>{3, 1}));
  EXPECT_EQ(truth.model, "small");
  EXPECT_EQ(truth.traffic, "onion");
  EXPECT_EQ(truth.ranks, 4u);
  EXPECT_EQ(truth.batch, 8u);
  EXPECT_EQ(truth.micro_batches, 2u);
  EXPECT_EQ(truth.hops, 1u);
  EXPECT_EQ(truth.clocks[2].offset_ns, -100);
  EXPECT_EQ(truth.clocks[2].round_trip_ns, 20u);
  EXPECT_EQ(truth.machines, (std::vector<std::uint32_t>{0, 1, 1, 0}));
  EXPECT_TRUE(truth.apart);
  const std::string whole = content_of(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put_content(file, whole.substr(0, size));
    EXPECT_THROW(read_wire_truth(file), UsageError) << size;
  }
}

TEST(WireTruth, IsRefusedWhereItIsNone) {
  const ScratchFolder folder;
  const fs::path file = wire_truth_file(folder.path);
  const auto refused = [&](const std::string& why, auto alter) {
    WireTruth truth = small_truth();
    alter(truth);
    write_wire_truth(truth, file);
    expect_refused<UsageError>(file.string() + ": " + why, [&] { read_wire_truth(file); });
  };
  refused("its hosts", [](WireTruth& truth) { truth.hosts = {3, 3}; });
  refused("its hosts", [](WireTruth& truth) { truth.hosts = {0, 3}; });
  refused("its hosts", [](WireTruth& truth) { truth.hosts = {4}; });
  refused("its hosts", [](WireTruth& truth) { truth.hosts.clear(); });
  refused("is malformed", [](WireTruth& truth) { truth.traffic = "smoke"; });
  refused("is malformed", [](WireTruth& truth) { truth.clocks.pop_back(); });
  refused("is malformed", [](WireTruth& truth) { truth.machines.pop_back(); });
}

TEST(MergedLog, TakesTheOffsetsOfClocksOff) {
  const MergedLog log = merge_logs(small_truth(), small_logs());
  EXPECT_EQ(log.ranks[1].cells[0].time_ns, 1001u);
  EXPECT_EQ(log.ranks[2].cells[0].time_ns, 1102u);
  EXPECT_EQ(log.ranks[2].cells[1].time_ns, 1110u);
}

TEST(MergedLog, IsTheRunThatAnAuditIsGiven) {
  const AuditedRun run = audited_run(merge_logs(small_truth(), small_logs()));
  EXPECT_EQ(run.hosts, (std::vector<std::uint32_t>{3, 1}));
  EXPECT_EQ(run.traffic, "onion");
  EXPECT_EQ(run.model, "small");
  EXPECT_EQ(run.steps, 2u);
}

TEST(MergedLog, IsRefusedWhereLogsDoNotFitTogether) {
  std::vector<WireLog> logs = small_logs();
  logs.pop_back();
  expect_refused<UsageError>("logs of 3 ranks", [&] { merge_logs(small_truth(), logs); });
  logs = small_logs();
  std::swap(logs[1], logs[2]);
  expect_refused<UsageError>("of rank 1 is another's", [&] { merge_logs(small_truth(), logs); });
  logs = small_logs();
  logs[2].cells.push_back(logs[2].cells.back());  // another cell of rank 1's
  expect_refused<UsageError>("rank 2 took more cells of rank 1",
                             [&] { merge_logs(small_truth(), logs); });
}

TEST(MergedLog, IsReadFromAFolderOrAFolderOfThem) {
  const ScratchFolder folder;
  expect_refused<UsageError>("holds no wire logs", [&] { run_folders(folder.path); });
  expect_refused<UsageError>("cannot be read", [&] { run_folders(folder.path / "none"); });
  write_run(folder.path / "b", small_truth());
  write_run(folder.path / "a", small_truth());
  put_content(folder.path / "notes", "of somebody");
  EXPECT_EQ(run_folders(folder.path),
            (std::vector<fs::path>{folder.path / "a", folder.path / "b"}));
  EXPECT_EQ(run_folders(folder.path / "b"), std::vector<fs::path>{folder.path / "b"});
  EXPECT_EQ(read_run(folder.path / "b").ranks.size(), 4u);
  fs::remove(wire_log_file(folder.path / "a", 3));
  expect_refused<UsageError>("rank-3.wire: is missing", [&] { read_run(folder.path / "a"); });
}

}  // namespace
}  // namespace mixnn
