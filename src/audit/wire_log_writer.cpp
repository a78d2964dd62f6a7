#include "mixnn/audit/wire_log_writer.hpp"

#include <cerrno>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kWritten = std::size_t{1} << 20;  // at once

// As far as it can be made: creating the file says what is wrong.
std::filesystem::path file_in(const std::filesystem::path& folder, std::uint32_t rank) {
  make_folders(folder, 0700);
  return wire_log_file(folder, rank);
}

}  // namespace

WireLogWriter::WireLogWriter(const std::filesystem::path& folder, std::uint32_t rank,
                             std::uint32_t ranks)
    : path_(file_in(folder, rank)), file_(path_) {
  waiting_.reserve(kWritten + 64);
  ByteWriter head(waiting_);
  head.put_bytes(bytes_of(kWireLogHead));
  head.put(rank);
  head.put(ranks);
}

template <class Entry>
void WireLogWriter::add(LogEntry kind, const Entry& entry) {
  if (!open_) return;
  ByteWriter(waiting_).put(kind);
  const std::size_t begin = waiting_.size();
  waiting_.resize(begin + encoded_size(entry));
  encode_to(entry, Bytes(waiting_).subspan(begin));
  ++entries_;
  if (waiting_.size() >= kWritten) flush();
}
template void WireLogWriter::add(LogEntry, const LoggedCell&);
template void WireLogWriter::add(LogEntry, const LoggedMessage&);
template void WireLogWriter::add(LogEntry, const LoggedStep&);

void WireLogWriter::flush() {
  file_.write(waiting_);
  waiting_.clear();
}

void WireLogWriter::close() {
  if (!open_) return;
  ByteWriter end(waiting_);
  end.put(LogEntry::kEnd);
  end.put(entries_);
  open_ = false;
  flush();
  const int reason = file_.commit_new();
  if (reason == EEXIST) throw FileError(path_.string() + ": holds another run\'s log", reason);
  if (reason != 0) file_.commit();  // a file system without hard links
}

}  // namespace mixnn
