#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "mixnn/app/log/appended_file.hpp"
#include "mixnn/app/log/log_row.hpp"

namespace mixnn {

// The rows of a training as text, a row a line, by the ending of the file's name: .jsonl, an object
// of what is known; .csv, behind a line with the names, empty where something is not known.
// Readable by its owner alone.
class LogFile {
 public:
  // Throws UsageError if the name has another ending.
  static void check_name(const std::filesystem::path& file);

  // Begins a file, in the place of what has the name; or, with `after`, goes on with one: rows of
  // later steps will be repeated, so they are dropped, as is a line that is not whole. Throws
  // UsageError if what is there is no such file, and FileError.
  explicit LogFile(const std::filesystem::path& file, std::optional<std::size_t> after = {});
  void add(const LogRow& row);  // throws FileError

 private:
  bool csv_;
  AppendedFile file_;
};

std::string json_line(const LogRow& row);
std::string csv_line(const LogRow& row);
std::string csv_head();
// The lines that stay when a training goes on after so many steps; nothing if this is no log.
std::optional<std::string> kept_lines(std::string_view log, bool csv, std::size_t after);

}  // namespace mixnn
