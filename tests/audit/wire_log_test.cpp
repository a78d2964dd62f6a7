#include "mixnn/audit/wire_log.hpp"

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

LoggedCell taken_cell(std::uint64_t time, std::uint32_t peer, std::uint32_t number) {
  LoggedCell cell;
  cell.time_ns = time;
  cell.exchange = 0x0123456789abcdef;
  cell.round = 3;
  cell.draw = 2;
  cell.bytes = 4096;
  cell.peer = peer;
  cell.taken = number;
  return cell;
}

LoggedCell sent_cell(std::uint64_t time, std::uint32_t peer, std::uint32_t number) {
  LoggedCell cell = taken_cell(time, peer, number);
  cell.sent = true;
  return cell;
}

void write_small(const fs::path& folder, std::uint32_t rank = 0) {
  WireLogWriter writer(folder, rank, 4);
  if (rank == 0) writer.add(LoggedStep{5, 0});
  writer.add(taken_cell(10, 2, 1));
  writer.add(LoggedMessage{11, LoggedMessage::Way::kHandedOut, {MessageKind::kForward, 3, 1, 0}});
  writer.add(sent_cell(12, 3, 1));
  writer.add(sent_cell(13, 1, 0));
  writer.add(LoggedMessage{14, LoggedMessage::Way::kAnswered, {MessageKind::kBackward, 3, 1, 0}});
  if (rank == 0) writer.add(LoggedStep{15, 1});
  writer.close();
}

TEST(WireLog, ComesBackAsItWasWritten) {
  const ScratchFolder folder;
  write_small(folder.path / "new");
  const fs::path file = wire_log_file(folder.path / "new", 0);
  EXPECT_EQ(file.filename(), "rank-0.wire");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const WireLog log = read_wire_log(file);
  EXPECT_EQ(log.rank, 0u);
  EXPECT_EQ(log.ranks, 4u);
  ASSERT_EQ(log.cells.size(), 3u);
  EXPECT_EQ(log.cells[0].exchange, 0x0123456789abcdefu);
  EXPECT_EQ(log.cells[0].round, 3);
  EXPECT_EQ(log.cells[0].draw, 2);
  EXPECT_EQ(log.cells[0].bytes, 4096u);
  EXPECT_FALSE(log.cells[0].sent);
  EXPECT_TRUE(log.cells[1].sent);
  EXPECT_EQ(log.cells[1].peer, 3u);
  EXPECT_EQ(log.cells[1].taken, 1u);
  EXPECT_EQ(log.cells[2].taken, 0u);
  ASSERT_EQ(log.messages.size(), 2u);
  EXPECT_EQ(log.messages[1].label, (Label{MessageKind::kBackward, 3, 1, 0}));
  EXPECT_EQ(log.messages[1].way, LoggedMessage::Way::kAnswered);
  EXPECT_EQ(log.messages[0].time_ns, 11u);
  ASSERT_EQ(log.steps.size(), 2u);
  EXPECT_EQ(log.steps[1].time_ns, 15u);
}

// More than the writer keeps in memory at once.
TEST(WireLog, MayBeLong) {
  const ScratchFolder folder;
  constexpr std::uint32_t kCells = 100'000;
  {
    WireLogWriter writer(folder.path, 1, 2);
    for (std::uint32_t i = 1; i <= kCells; ++i) writer.add(taken_cell(i, 0, i));
    writer.close();
    writer.add(taken_cell(kCells + 1, 0, kCells + 1));  // too late
  }
  const WireLog log = read_wire_log(wire_log_file(folder.path, 1));
  ASSERT_EQ(log.cells.size(), kCells);
  EXPECT_EQ(log.cells.back().taken, kCells);
}

TEST(WireLog, HasNoNameUnlessItIsWhole) {
  const ScratchFolder folder;
  {
    WireLogWriter writer(folder.path, 1, 2);
    writer.add(taken_cell(1, 0, 1));
  }
  EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST(WireLog, ReplacesNoOther) {
  const ScratchFolder folder;
  write_small(folder.path);
  const std::string before = content_of(wire_log_file(folder.path, 0));
  expect_refused<FileError>("another run", [&] { write_small(folder.path); });
  EXPECT_EQ(content_of(wire_log_file(folder.path, 0)), before);
}

// Each end of a file, and each byte altered: an error, or a log that says something else, but
// nothing worse.
TEST(WireLog, IsRefusedWhereItIsCutOffOrGoesOn) {
  const ScratchFolder folder;
  write_small(folder.path);
  const fs::path file = wire_log_file(folder.path, 0);
  const std::string whole = content_of(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put_content(file, whole.substr(0, size));
    EXPECT_THROW(read_wire_log(file), UsageError) << size;
  }
  put_content(file, whole + '\0');
  expect_refused<UsageError>("number of entries", [&] { read_wire_log(file); });
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string altered = whole;
    altered[i] = static_cast<char>(altered[i] ^ 0x40);
    put_content(file, altered);
    try {
      read_wire_log(file);
    } catch (const UsageError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() / 4);
}

// An error names the file and the entry.
void expect_entry_refused(const std::string& why, std::uint32_t rank,
                          const std::vector<LoggedCell>& cells) {
  const ScratchFolder folder;
  WireLogWriter writer(folder.path, rank, 4);
  for (const LoggedCell& cell : cells) writer.add(cell);
  writer.close();
  const fs::path file = wire_log_file(folder.path, rank);
  expect_refused<UsageError>(file.string() + ": entry " + std::to_string(cells.size()) + ": " + why,
                             [&] { read_wire_log(file); });
}

TEST(WireLog, IsRefusedWhereItContradictsItself) {
  expect_entry_refused("before the one", 1, {taken_cell(10, 0, 1), taken_cell(9, 0, 2)});
  expect_entry_refused("a peer that there is not", 1, {taken_cell(10, 4, 1)});
  expect_entry_refused("a cell taken out of turn", 1, {taken_cell(10, 0, 1), taken_cell(11, 0, 3)});
  expect_entry_refused("a cell passed on that never came", 1,
                       {taken_cell(10, 0, 1), sent_cell(11, 0, 2)});
  expect_entry_refused("a cell passed on twice", 1,
                       {taken_cell(10, 0, 1), sent_cell(11, 0, 1), sent_cell(12, 0, 1)});
}

TEST(WireLog, OnlyTheOwnerKnowsSteps) {
  const ScratchFolder folder;
  WireLogWriter writer(folder.path, 1, 4);
  writer.add(LoggedStep{5, 0});
  writer.close();
  expect_refused<UsageError>("the owner alone",
                             [&] { read_wire_log(wire_log_file(folder.path, 1)); });
}

TEST(WireLog, SaysWhatIsMissing) {
  const ScratchFolder folder;
  expect_refused<UsageError>("rank-7.wire: is missing",
                             [&] { read_wire_log(wire_log_file(folder.path, 7)); });
}

}  // namespace
}  // namespace mixnn
