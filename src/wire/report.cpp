#include "mixnn/wire/report.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kMaxErrorText = 1000;

// The owner prints this text: whoever wrote it, it must not steer the terminal.
std::string printable(std::string text) {
  text.resize(std::min(text.size(), kMaxErrorText));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

std::uint64_t CellCounters::all_rejected() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : rejected) sum += n;
  return sum;
}

std::vector<std::byte> encode(const Report& report) {
  std::vector<std::byte> out;
  ByteWriter writer(out);
  writer.put(report.type);
  for (const std::uint64_t n : {report.counters.received, report.counters.sent,
                                report.counters.forwarded, report.counters.delivered})
    writer.put(n);
  for (const std::uint64_t n : report.counters.rejected) writer.put(n);
  write(report.usage, writer);
  writer.put_string(std::string_view(report.error).substr(0, kMaxErrorText));
  return out;
}

std::optional<Report> decode_report(ConstBytes bytes) {
  ByteReader reader(bytes);
  Report report;
  report.type = reader.get<Report::Type>();
  report.counters.received = reader.get<std::uint64_t>();
  report.counters.sent = reader.get<std::uint64_t>();
  report.counters.forwarded = reader.get<std::uint64_t>();
  report.counters.delivered = reader.get<std::uint64_t>();
  for (std::uint64_t& n : report.counters.rejected) n = reader.get<std::uint64_t>();
  report.usage = read_usage(reader);
  report.error = printable(reader.get_string());
  if (!reader.ok() || report.type < Report::Type::kAcknowledged ||
      report.type > Report::Type::kError)
    return std::nullopt;
  return report;
}

}  // namespace mixnn
