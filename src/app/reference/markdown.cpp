#include "mixnn/app/reference/markdown.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMarkdownColumns = 100;

// A line of a table, in whose cells bars are escaped, even in code.
std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& text : cells) {
    line += ' ';
    for (const char c : text) line.append(c == '|' ? "\\" : "").push_back(c);
    line += " |";
  }
  return line + "\n";
}

}  // namespace

std::string to_markdown(const std::vector<ReferenceSection>& sections) {
  std::string out =
      "# Reference\n\n"
      "Written by `mixnn reference --markdown` from the program's own tables: do not edit it.\n";
  for (const ReferenceSection& section : sections) {
    out += '\n';
    out.append(static_cast<std::size_t>(section.depth + 1), '#').append(" " + section.title + "\n");
    if (!section.text.empty()) out += '\n';
    for (const std::string& line : word_lines(section.text, kMarkdownColumns))
      if (!line.empty()) out += line + "\n";
    if (!section.example.empty()) out.append("\n```\n").append(section.example).append("```\n");
    if (section.head.empty()) continue;
    out += '\n';
    out += row(section.head) + row(std::vector<std::string>(section.head.size(), "---"));
    for (const std::vector<std::string>& cells : section.rows) out += row(cells);
  }
  return out;
}

}  // namespace mixnn
