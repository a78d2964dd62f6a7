#include "mixnn/app/print.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

int lost = 0;  // why standard output is no longer written to; 0: it is

void write_out(const std::string& text) {
  if (lost == 0) lost = write_all(STDOUT_FILENO, bytes_of(text));
}

}  // namespace

void keep_streams() {
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
}

void print_line(std::string_view line) {
  std::string out = printable(line);
  out += '\n';
  write_out(out);
}

void print_lines(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out += printable(lines.substr(0, end));
    out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  write_out(out);
}

void print_text(std::string_view piece) {
  std::string out;
  while (!piece.empty()) {
    const std::size_t end = std::min(piece.find_first_of("\n\t"), piece.size());
    out += printable(piece.substr(0, end));
    if (end < piece.size()) out += piece[end];
    piece.remove_prefix(std::min(end + 1, piece.size()));
  }
  write_out(out);
}

void print_over(std::string_view line) {
  std::string out("\r");
  out += printable(line);
  write_out(out);
}

void check_printed() {
  if (lost != 0) throw RunError("standard output cannot be written: " + system_reason(lost));
}

void print_error(std::string_view text) {
  std::string one_line(text);
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  std::string out("mixnn: ");
  out += printable(one_line);
  out += '\n';
  write_all(STDERR_FILENO, bytes_of(out));
}

}  // namespace mixnn
