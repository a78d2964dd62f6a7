#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "mixnn/app/log/appended_file.hpp"
#include "mixnn/app/log/log_row.hpp"

namespace mixnn {

// The rows of one run as TensorBoard reads them: a file of TFRecords, each one event (protocol
// buffers), with scalars by name and the number of steps made.
class EventFile {
 public:
  // A new file in the folder, which is made if it is missing; those of earlier jobs stay. Says that
  // what they have of steps after `after` is void. Throws FileError.
  EventFile(const std::filesystem::path& folder, std::size_t after);
  void add(const LogRow& row);  // throws FileError

 private:
  AppendedFile file_;
};

// The events, without the framing; `wall_time` in seconds since 1970.
std::string version_event(double wall_time);
std::string start_event(double wall_time, std::int64_t first_step);
std::string scalars_event(double wall_time, const LogRow& row);
// Length and CRC of it, the event, and the event's CRC.
std::string framed(const std::string& event);

}  // namespace mixnn
