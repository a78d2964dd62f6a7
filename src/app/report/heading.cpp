#include "mixnn/app/report/heading.hpp"

#include <algorithm>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {

std::vector<std::string> heading_lines(const AppOptions& options, bool of_session) {
  std::vector<std::string> lines;
  for (const OptionRow* row : options_in(find_command(options.command).takes)) {
    const std::string line = row->heading.line;
    if (row->of_session == of_session && !line.empty() &&
        std::ranges::find(lines, line) == lines.end())
      lines.push_back(line);
  }
  return lines;
}

std::string heading_text(const AppOptions& options, const std::string& line) {
  std::string text;
  for (const OptionRow* row : options_in(find_command(options.command).takes)) {
    if (row->heading.line != line || !row->applies(options)) continue;
    const std::string piece = row->heading.piece(options);
    if (piece.empty()) continue;
    text += text.empty() || piece.front() == ' ' ? piece : ", " + piece;
  }
  return text;
}

std::vector<std::string> field_lines(const std::string& name, const std::string& value) {
  return wrapped(text("  %-10s ", name.c_str()), printable(value));
}

std::vector<std::string> wrapped(const std::string& lead, const std::string& value) {
  std::vector<std::string> lines{lead};
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t cut = value.find_first_of(",;", at);
    const std::size_t end = cut == std::string::npos ? value.size() : cut + 1;
    std::string piece = value.substr(at, end - at);
    if (lines.back().size() + piece.size() > kColumns && lines.back().size() > lead.size()) {
      piece.erase(0, std::min(piece.find_first_not_of(' '), piece.size()));
      lines.push_back(std::string(lead.size(), ' '));
    }
    lines.back() += piece;
    at = end;
  }
  return lines;
}

}  // namespace mixnn
