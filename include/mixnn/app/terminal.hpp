#pragma once
#include <cstddef>
#include <string>

namespace mixnn {

// The terminal on which a person sees this process's standard output, if there is one.
//
// mpirun gives its processes a pseudo-terminal of their own and passes on what they write, so that
// isatty() says nothing about where it ends. There the standard output of mpirun itself counts,
// found through /proc.
class Terminal {
 public:
  static Terminal of_stdout();
  explicit Terminal(std::string device = "") : device_(std::move(device)) {}

  explicit operator bool() const { return !device_.empty(); }
  std::size_t columns() const;  // now; 80 if it does not say

 private:
  std::string device_;  // such as /dev/pts/3
};

}  // namespace mixnn
