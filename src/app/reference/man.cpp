#include "mixnn/app/reference/man.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kManColumns = 76;  // of the source; mandoc objects to more than 80

// Text in mdoc: backslashes mean themselves, and `...` is bold.
std::string plain(const std::string& text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    if (c == '`') {
      bold = !bold;
      out += bold ? "\\fB" : "\\fP";
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

// Lines of text; none begins like a request.
std::string lines(const std::string& text) {
  std::string out;
  for (const std::string& line : word_lines(plain(text), kManColumns, true))
    out += (line.front() == '.' || line.front() == '\'' ? "\\&" : "") + line + "\n";
  return out;
}

// What is typed, without the marks around it.
std::string term(std::string text) {
  std::erase(text, '`');
  return plain(text);
}

std::string item(const ReferenceSection& section, const std::vector<std::string>& cells) {
  std::string out = ".It Sy \"" + term(cells.front()) + "\"\n" + lines(cells.at(1) + ".");
  std::string more;
  for (std::size_t i = 2; i < cells.size(); ++i)
    if (!cells[i].empty())
      more += (more.empty() ? "" : " ") + section.head[i] + ": " + cells[i] + ".";
  return out + (more.empty() ? "" : ".br\n" + lines(more));
}

std::string body(const ReferenceSection& section) {
  std::string out =
      section.depth == 1 ? ".Sh " + section.man_title + "\n" : ".Ss " + section.man_title + "\n";
  if (!section.text.empty()) out += lines(section.text);
  if (!section.example.empty()) {
    out += ".Bd -literal\n";
    out += plain(section.example) + ".Ed\n";
  }
  if (section.rows.empty()) return out;
  out += ".Bl -tag -width Ds\n";
  for (const std::vector<std::string>& cells : section.rows) out += item(section, cells);
  return out + ".El\n";
}

}  // namespace

std::string to_man(const std::vector<ReferenceSection>& sections) {
  std::string out =
      ".\\\" Written by mixnn reference --man from the program's own tables: do not edit it.\n"
      ".Dd November 26, 2026\n"
      ".Dt MIXNN 1\n"
      ".Os\n"
      ".Sh NAME\n"
      ".Nm mixnn\n"
      ".Nd neural network training over onion-encrypted mix relays\n"
      ".Sh SYNOPSIS\n"
      ".Nm mixnn\n"
      ".Ar COMMAND\n"
      ".Op Ar MODEL\n"
      ".Op Ar options\n"
      ".Sh DESCRIPTION\n"
      ".Nm\n"
      "trains a neural network whose stages live on different machines.\n"
      "No machine but the owner's ever holds the whole model, and no stage knows\n"
      "which machine holds the next one.\n"
      "Every rank of an MPI job runs it: rank 0 is the owner, the others host a stage\n"
      "or relay cells.\n"
      ".Ar MODEL\n"
      "is the JSON description of the network, read by rank 0 alone.\n";
  for (const ReferenceSection& section : sections) out += body(section);
  return out;
}

}  // namespace mixnn
