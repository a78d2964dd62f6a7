#include "mixnn/app/log/log_file.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "mixnn/app/json.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kStepColumn = 3;  // of a CSV file

// The number of steps that a line tells of; nothing: it is no row.
std::optional<std::size_t> step_of_json(std::string_view line) {
  const Json row = Json::parse(line, nullptr, false);
  if (!row.is_object() || !row.contains("step") || !row["step"].is_number_unsigned())
    return std::nullopt;
  return row["step"].get<std::size_t>();
}

std::optional<std::size_t> step_of_csv(std::string_view line) {
  for (std::size_t column = 0; column < kStepColumn; ++column) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    line.remove_prefix(comma + 1);
  }
  std::size_t step = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
  if (error != std::errc() || end == line.data() + line.size() || *end != ',') return std::nullopt;
  return step;
}

std::string content(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

// What stands in the file before the first new row.
std::string beginning(const std::filesystem::path& file, bool csv,
                      std::optional<std::size_t> after) {
  std::error_code error;
  if (!after || !std::filesystem::exists(file, error)) return csv ? csv_head() : std::string();
  const std::optional<std::string> kept = kept_lines(content(file), csv, *after);
  if (!kept)
    throw UsageError("--log " + file.string() +
                     ": holds something else than the log of a training, so it cannot go on; name "
                     "another file, or remove this one");
  return *kept;
}

AppendedFile open_log(const std::filesystem::path& file, bool csv,
                      std::optional<std::size_t> after) {
  if (!is_special(file)) {
    write_file(file, beginning(file, csv, after));
    return AppendedFile(file);
  }
  AppendedFile pipe(file);
  if (csv) pipe.add(bytes_of(csv_head()));
  return pipe;
}

}  // namespace

void LogFile::check_name(const std::filesystem::path& file) {
  if (file.extension() != ".jsonl" && file.extension() != ".csv")
    throw UsageError("--log must end in .jsonl or .csv, got " + file.string());
}

LogFile::LogFile(const std::filesystem::path& file, std::optional<std::size_t> after)
    : csv_(file.extension() == ".csv"), file_(open_log(file, csv_, after)) {}

void LogFile::add(const LogRow& row) { file_.add(bytes_of(csv_ ? csv_line(row) : json_line(row))); }

std::string json_line(const LogRow& row) {
  Json json = {{"run", row.run},
               {"kind", to_string(row.kind)},
               {"epoch", row.epoch},
               {"step", row.step},
               {"samples", row.samples}};
  for (const LogColumn& column : log_columns())
    if (const std::optional<double>& value = row.*column.field) json[column.name] = *value;
  return line_text(json) + "\n";
}

std::string csv_head() {
  std::string line = "run,kind,epoch,step,samples";
  for (const LogColumn& column : log_columns()) line += std::string(",") + column.name;
  return line + "\n";
}

std::string csv_line(const LogRow& row) {
  std::string line = row.run + "," + to_string(row.kind) + "," + std::to_string(row.epoch) + "," +
                     std::to_string(row.step) + "," + std::to_string(row.samples);
  for (const LogColumn& column : log_columns()) {
    const std::optional<double>& value = row.*column.field;
    line += ',';
    if (value && std::isfinite(*value)) line += Json(*value).dump();
  }
  return line + "\n";
}

std::optional<std::string> kept_lines(std::string_view log, bool csv, std::size_t after) {
  std::string kept;
  if (csv) {
    const std::string head = csv_head();
    if (!log.starts_with(head)) {
      if (head.starts_with(log)) return head;
      return std::nullopt;
    }
    kept = head;
    log.remove_prefix(head.size());
  }
  for (std::size_t end; (end = log.find('\n')) != std::string_view::npos;) {
    const std::string_view line = log.substr(0, end);
    const std::optional<std::size_t> step = csv ? step_of_csv(line) : step_of_json(line);
    if (!step) return std::nullopt;
    if (*step <= after) kept.append(line).append("\n");
    log.remove_prefix(end + 1);
  }
  return kept;
}

}  // namespace mixnn
