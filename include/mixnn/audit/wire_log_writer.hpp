#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "mixnn/audit/wire_log.hpp"
#include "mixnn/base/private_file.hpp"

namespace mixnn {

// Writes one rank's log in `folder`, which it makes if it is not there. Only the user can read the
// file, and it has its name only once it is whole. Throws FileError.
class WireLogWriter {
 public:
  WireLogWriter(const std::filesystem::path& folder, std::uint32_t rank, std::uint32_t ranks);

  void add(const LoggedCell& cell) { add(LogEntry::kCell, cell); }
  void add(const LoggedMessage& message) { add(LogEntry::kMessage, message); }
  void add(const LoggedStep& step) { add(LogEntry::kStep, step); }
  // The last: what is added afterwards is not kept. Nothing is replaced.
  void close();

 private:
  template <class Entry>
  void add(LogEntry kind, const Entry& entry);
  void flush();

  std::filesystem::path path_;
  PrivateFile file_;
  std::vector<std::byte> waiting_;
  std::uint64_t entries_ = 0;
  bool open_ = true;
};

}  // namespace mixnn
