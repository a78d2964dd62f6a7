#pragma once
#include <string>
#include <vector>

namespace mixnn {

// A part of the reference, whatever it is printed as. In texts, `...` is what one types or reads.
struct ReferenceSection {
  int depth;                                   // 1, or 2 within the section before
  std::string title;                           // as Markdown shows it
  std::string man_title;                       // of the man page, such as "EXIT STATUS"
  std::string text;                            // may be empty
  std::vector<std::string> head;               // of the table; empty: none
  std::vector<std::vector<std::string>> rows;  // the first cell is what is typed or read
  std::string example = {};                    // lines of a shell; may be empty
};

// All commands, options, environment variables, exit codes, files and keys of reports.
std::vector<ReferenceSection> reference_sections();

// The words of `text` in lines of at most so many columns; a word longer than that stays whole.
// With `by_sentence` each sentence begins a line.
std::vector<std::string> word_lines(const std::string& text, std::size_t columns,
                                    bool by_sentence = false);

}  // namespace mixnn
