#include "mixnn/audit/wire_log.hpp"

#include <string>

#include "mixnn/base/error.hpp"
#include "whole_file.hpp"

namespace mixnn {
namespace {

// Checks each entry against those before it.
class LogReader {
 public:
  LogReader(const std::filesystem::path& file, ConstBytes bytes) : file_(file), decoder_(bytes) {}
  WireLog read();

 private:
  void read_head();
  void read(LogEntry kind);
  void add(const LoggedCell& cell);
  void add(const LoggedMessage& message) { log_.messages.push_back(message); }
  void add(const LoggedStep& step);
  template <class Entry>
  void read_entry();
  // Of the whole file.
  void require(bool holds, const char* what) const {
    if (!holds) throw UsageError(file_.string() + ": is no wire log: " + what);
  }
  void require_here(bool holds, const char* what) const {
    if (!holds)
      throw UsageError(file_.string() + ": entry " + std::to_string(entries_ + 1) + ": " + what);
  }

  const std::filesystem::path& file_;
  Decoder decoder_;
  WireLog log_;
  std::uint64_t entries_ = 0, time_ns_ = 0;
  std::uint32_t taken_ = 0;
  std::vector<bool> passed_on_;  // of cells taken, by number
};

WireLog LogReader::read() {
  read_head();
  for (;;) {
    std::uint8_t kind = 0;
    decoder_.number(kind);
    require(decoder_.ok(), "its end is missing");
    if (LogEntry{kind} == LogEntry::kEnd) break;
    read(LogEntry{kind});
    ++entries_;
  }
  std::uint64_t count = 0;
  decoder_.number(count);
  require(decoder_.at_end() && count == entries_, "its end says another number of entries");
  return std::move(log_);
}

void LogReader::read_head() {
  std::array<std::byte, kWireLogHead.size()> head{};
  decoder_.bytes(head);
  decoder_.numbers(log_.rank, log_.ranks);
  require(decoder_.ok() && std::ranges::equal(head, bytes_of(kWireLogHead)), "it begins otherwise");
  require(log_.ranks <= kMostLoggedRanks && log_.rank < log_.ranks, "a rank that there is not");
}

void LogReader::read(LogEntry kind) {
  switch (kind) {
    case LogEntry::kCell:
      return read_entry<LoggedCell>();
    case LogEntry::kMessage:
      return read_entry<LoggedMessage>();
    case LogEntry::kStep:
      return read_entry<LoggedStep>();
    case LogEntry::kEnd:
      break;
  }
  require_here(false, "of no kind that there is");
}

template <class Entry>
void LogReader::read_entry() {
  Entry entry;
  decoder_.nested(entry);
  require_here(decoder_.ok(), "malformed, or cut off");
  require_here(entry.time_ns >= time_ns_, "before the one ahead of it");
  time_ns_ = entry.time_ns;
  add(entry);
}

void LogReader::add(const LoggedCell& cell) {
  require_here(cell.peer < log_.ranks, "a peer that there is not");
  if (!cell.sent) {
    require_here(cell.taken == ++taken_, "a cell taken out of turn");
    passed_on_.push_back(false);
  } else if (cell.taken > 0) {
    require_here(cell.taken <= taken_, "a cell passed on that never came");
    require_here(!passed_on_[cell.taken - 1], "a cell passed on twice");
    passed_on_[cell.taken - 1] = true;
  }
  log_.cells.push_back(cell);
}

void LogReader::add(const LoggedStep& step) {
  require_here(log_.rank == 0, "a step, which the owner alone knows");
  require_here(step.steps == log_.steps.size(), "a step out of turn");
  log_.steps.push_back(step);
}

}  // namespace

LoggedCell logged_cell(std::uint64_t time_ns, std::uint32_t peer, bool sent, std::uint32_t taken,
                       ConstBytes bytes) {
  LoggedCell cell;
  cell.time_ns = time_ns;
  ByteReader first(bytes);
  cell.exchange = first.get<std::uint64_t>();
  cell.round = first.get<std::uint8_t>();
  cell.draw = first.get<std::uint8_t>();
  cell.bytes = static_cast<std::uint32_t>(bytes.size());
  cell.peer = peer;
  cell.taken = taken;
  cell.sent = sent;
  return cell;
}

WireLog read_wire_log(const std::filesystem::path& file) {
  return LogReader(file, whole_file(file)).read();
}

std::filesystem::path wire_log_file(const std::filesystem::path& folder, std::uint32_t rank) {
  return folder / ("rank-" + std::to_string(rank) + ".wire");
}

}  // namespace mixnn
