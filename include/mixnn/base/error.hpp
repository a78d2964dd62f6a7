#pragma once
#include <stdexcept>
#include <string>
#include <system_error>

namespace mixnn {

// Errors that end the program. They are thrown where a file, an option or a peer makes it
// impossible to go on, and caught once, in main(). Failures that are expected on the path of a cell
// are values instead.

// Usage or bad input: exit code 2. The text says what is wrong and what to do.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The run itself failed: exit code 1.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What the system says of an errno.
inline std::string system_reason(int error) { return std::generic_category().message(error); }

// A file that cannot be written, and the errno that says why.
class FileError : public RunError {
 public:
  FileError(const std::string& what, int reason)
      : RunError(what + ": " + system_reason(reason)), reason_(reason) {}
  int reason() const { return reason_; }

 private:
  int reason_;
};

}  // namespace mixnn
