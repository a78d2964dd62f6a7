#include "mixnn/data/csv_file.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kCsvBlockBytes = std::size_t{1} << 16;
constexpr std::size_t kMostLine = std::size_t{1} << 24;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf", kSpaces = " \t";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin));
}

}  // namespace

CsvFile::CsvFile(const std::filesystem::path& file) : in_(file), block_(kCsvBlockBytes) {}

void CsvFile::fail(const std::string& why) const {
  in_.fail("line " + std::to_string(line_) + ": " + why);
}

// Without its end; false at the end of the file.
bool CsvFile::read_line(std::string& line) {
  line.clear();
  ++line_;
  for (;;) {
    const std::size_t end = unread_.find('\n');
    line.append(unread_.substr(0, end));
    if (line.size() > kMostLine) fail("is longer than 16 MiB");
    if (end != std::string_view::npos) {
      unread_.remove_prefix(end + 1);
      break;
    }
    unread_ = {reinterpret_cast<const char*>(block_.data()), in_.read(block_)};
    if (unread_.empty() && line.empty()) return false;
    if (unread_.empty()) break;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.find('\0') != std::string::npos)
    fail("has bytes of value 0: it is no text in UTF-8 (UTF-16 is not understood)");
  return true;
}

void CsvFile::find_separator(std::string& first) {
  if (first.starts_with(kByteOrderMark)) first.erase(0, kByteOrderMark.size());
  if (first.starts_with("\xff\xfe") || first.starts_with("\xfe\xff"))
    fail("is UTF-16; save it as UTF-8");
  separator_ = ',';
  bool in_quotes = false;
  std::string plain;
  for (const char c : first) {
    if (c == '"') in_quotes = !in_quotes;
    if (!in_quotes) plain += c;
  }
  for (const char other : {';', '\t'})
    if (plain.find(',') == std::string::npos && plain.find(other) != std::string::npos)
      separator_ = other;
}

bool CsvFile::next(std::vector<std::string>& fields) {
  std::string line;
  do {
    if (!read_line(line)) return false;
    if (line_ == 1) find_separator(line);
  } while (line.find_first_not_of(kSpaces) == std::string::npos);
  split(line, fields);
  return true;
}

// From the quote at `at`; where the field ends.
std::size_t CsvFile::quoted(std::string_view line, std::size_t at, std::string& field) const {
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      field += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      field += '"';
      ++i;
    } else {
      const std::size_t end = std::min(line.find(separator_, i), line.size());
      if (!trimmed(line.substr(i + 1, end - i - 1)).empty())
        fail("has text behind the quotes of a field");
      return end;
    }
  }
  fail("has a quote that does not end in its line");
}

void CsvFile::split(std::string_view line, std::vector<std::string>& fields) const {
  fields.clear();
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t start =
        separator_ == '\t' ? at : std::min(line.find_first_not_of(kSpaces, at), line.size());
    std::size_t end = std::min(line.find(separator_, at), line.size());
    std::string field;
    if (start < line.size() && line[start] == '"')
      end = quoted(line, start, field);
    else
      field = trimmed(line.substr(at, end - at));
    fields.push_back(std::move(field));
    at = end + 1;
  }
}

}  // namespace mixnn
