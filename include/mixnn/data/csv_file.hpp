#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/data/compressed_file.hpp"

namespace mixnn {

// Reads a text of comma-separated values (RFC 4180), plain or .gz, line by line: fields may be
// quoted, within their line; a UTF-8 byte order mark is passed over, as are empty lines. Semicolons
// or tabs separate the fields if the first line has them and no comma. Throws UsageError that names
// the file and the line.
class CsvFile {
 public:
  explicit CsvFile(const std::filesystem::path& file);

  // The next line's fields, without spaces around them; false: there are no more. They are valid
  // until the next call.
  bool next(std::vector<std::string>& fields);

  const std::string& name() const { return in_.name(); }
  [[noreturn]] void fail(const std::string& why) const;  // names the line

 private:
  bool read_line(std::string& line);
  void find_separator(std::string& first);
  void split(std::string_view line, std::vector<std::string>& fields) const;
  std::size_t quoted(std::string_view line, std::size_t at, std::string& field) const;

  CompressedFile in_;
  std::vector<std::byte> block_;
  std::string_view unread_;  // of block_
  std::size_t line_ = 0;     // of what was read last, from 1
  char separator_ = '\0';
};

}  // namespace mixnn
