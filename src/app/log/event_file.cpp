#include "mixnn/app/log/event_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>

#include "mixnn/app/log/crc32c.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

// Protocol buffers, as far as they are needed: fields of four kinds, each behind its number.
class ProtoMessage {
 public:
  void add(unsigned field, std::int64_t value) {
    tag(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  void add(unsigned field, double value) {
    tag(field, 1);
    raw(value);
  }
  void add(unsigned field, float value) {
    tag(field, 5);
    raw(value);
  }
  void add(unsigned field, const std::string& value) {
    tag(field, 2);
    varint(value.size());
    bytes_ += value;
  }
  void add(unsigned field, const ProtoMessage& value) { add(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void tag(unsigned field, unsigned type) { varint(field << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  template <class T>
  void raw(T value) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
    bytes_.append(bytes.data(), bytes.size());
  }

  std::string bytes_;
};

// Numbers of fields in TensorFlow's event.proto and summary.proto.
struct EventField {
  static constexpr unsigned kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5,
                            kSessionLog = 7;
};
struct SummaryField {
  static constexpr unsigned kValue = 1, kTag = 1, kSimpleValue = 2;
};
struct SessionLogField {
  static constexpr unsigned kStatus = 1;
  static constexpr std::int64_t kStart = 1;  // events from this one's step on are void
};

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A new file, whose name TensorBoard knows by "tfevents".
std::filesystem::path make_event_file(const std::filesystem::path& folder) {
  if (const int error = make_folders(folder, 0777))
    throw FileError(folder.string() + ": cannot be made", error);
  const std::string stem = text("events.out.tfevents.%.0f.mixnn", now());
  for (int number = 0;; ++number) {
    const std::filesystem::path file =
        folder / (stem + "." + std::to_string(::getpid()) + "." + std::to_string(number));
    const int descriptor = uninterrupted(
        [&] { return ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); });
    if (descriptor >= 0) {
      close_file(descriptor);
      return file;
    }
    if (errno != EEXIST) throw FileError(file.string() + ": cannot be written", errno);
  }
}

template <class T>
std::string as_bytes_of(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, std::size_t after)
    : file_(make_event_file(folder)) {
  file_.add(bytes_of(framed(version_event(now())) +
                     framed(start_event(now(), static_cast<std::int64_t>(after) + 1))));
}

void EventFile::add(const LogRow& row) { file_.add(bytes_of(framed(scalars_event(now(), row)))); }

std::string version_event(double wall_time) {
  ProtoMessage event;
  event.add(EventField::kWallTime, wall_time);
  event.add(EventField::kFileVersion, std::string("brain.Event:2"));
  return event.bytes();
}

std::string start_event(double wall_time, std::int64_t first_step) {
  ProtoMessage log;
  log.add(SessionLogField::kStatus, SessionLogField::kStart);
  ProtoMessage event;
  event.add(EventField::kWallTime, wall_time);
  event.add(EventField::kStep, first_step);
  event.add(EventField::kSessionLog, log);
  return event.bytes();
}

std::string scalars_event(double wall_time, const LogRow& row) {
  ProtoMessage summary;
  for (const LogColumn& column : log_columns()) {
    const std::optional<double>& value = row.*column.field;
    if (!value) continue;
    ProtoMessage scalar;
    scalar.add(SummaryField::kTag, std::string(column.scalar));
    scalar.add(SummaryField::kSimpleValue, static_cast<float>(*value));
    summary.add(SummaryField::kValue, scalar);
  }
  ProtoMessage event;
  event.add(EventField::kWallTime, wall_time);
  event.add(EventField::kStep, static_cast<std::int64_t>(row.step));
  event.add(EventField::kSummary, summary);
  return event.bytes();
}

std::string framed(const std::string& event) {
  const std::string length = as_bytes_of(std::uint64_t{event.size()});
  return length + as_bytes_of(masked_crc32c(bytes_of(length))) + event +
         as_bytes_of(masked_crc32c(bytes_of(event)));
}

}  // namespace mixnn
