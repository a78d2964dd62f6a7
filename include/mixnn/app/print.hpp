#pragma once
#include <string>
#include <string_view>

namespace mixnn {

// All that the program prints, but for check_failed(), goes through here. Names, paths and what
// other ranks say are printable(); a stream that is full, closed or gone never stops or ends a run.

// What every process does first: writing to a pipe that nobody reads, or beyond a limit, fails then
// and kills nobody; and no file that is opened later gets the number of a stream that was closed.
void keep_streams();

// One line on standard output, at once.
void print_line(std::string_view line);
// Lines, each with its line feed.
void print_lines(std::string_view lines);
// A piece of a text, at once and as it is, but for what would do more than stand there or begin a
// line.
void print_text(std::string_view piece);
// Over the line where the cursor stands, which it goes back to the start of.
void print_over(std::string_view line);
// Throws RunError if something could not be printed on standard output so far.
void check_printed();

// "mixnn: TEXT" as one line on standard error, in one write, so that no other process's output
// comes between.
void print_error(std::string_view text);

}  // namespace mixnn
